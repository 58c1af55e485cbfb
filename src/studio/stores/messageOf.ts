// An error's words for the page.

/** Scripts are fetched when they are first needed; every browser has words of its own for that failing. */
const NOT_FETCHED = /dynamically imported module|importing a module script failed/i;

export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!NOT_FETCHED.test(message)) return message;
  return 'its script could not be fetched, as this page’s server does not answer; what is open goes on, and once the server is back a reload brings the rest';
}
