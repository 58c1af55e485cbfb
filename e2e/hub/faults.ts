// What goes wrong on the local Hub, as a test orders it.

/** Failures to come, each used up by the request that meets it. */
export interface Faults {
  /** Breaks the connection of a file's next transfers after this many bytes of the body, one entry a transfer. */
  breakAfterBytes: number[];
  /** Answers the next requests for files with these statuses. */
  statuses: { status: number; retryAfter?: string; message?: string }[];
  /** Serves whole files where a range was asked for. */
  ignoresRange: boolean;
  /** Changes every ETag, as a new upload does. */
  etagSuffix: string;
  /** Sends no ETag and no size on the redirect, as a proxy may. */
  hidesIdentity: boolean;
  /** Answers the next request whose method and path match, such as `POST /api/repos/create`; status 0 breaks the connection. */
  answers: { to: RegExp; status: number; message?: string; retryAfter?: string }[];
  /** Breaks the connection of the next transfers into the store after this many bytes, one entry a transfer. */
  breakUploadAfterBytes: number[];
  /** So many commits of somebody else come in just before the next ones of ours. */
  commitsBetween: number;
  /** Does what the next commits ask, and breaks the connection before it says so. */
  lostCommitAnswers: number;
}
