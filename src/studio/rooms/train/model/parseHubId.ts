// Reads what a person pastes for something on the Hub: its id, or its page's address, which may name a revision.

const ID = /^[\w.-]{1,96}(\/[\w.-]{1,96})?$/;
/** The address without what leads to a file or a place in the page. */
const ADDRESS = /^(?:(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/)?([^?#]*)/;
const REVISION = /^[^/]+\/[^/]+\/(?:tree|blob|resolve|commit)\/([^/]+)/;

/** `revision`: where the address has one that is not main. */
export function parseHubId(text: string): { repo: string; revision?: string } | { error: string } {
  const [, path = ''] = ADDRESS.exec(text.trim()) ?? [];
  const repo = path.split('/', 2).join('/').replace(/\/$/, '');
  if (!ID.test(repo)) {
    return {
      error: 'Type an id such as HuggingFaceTB/SmolLM2-135M-Instruct, or paste the address of the model’s page.',
    };
  }
  const [, revision = 'main'] = REVISION.exec(path) ?? [];
  return revision === 'main' ? { repo } : { repo, revision: revision.replaceAll(/%2f/gi, '/') };
}

/** What was typed beside the id, unless it is main and the address says more. */
export function revisionOf(typed: string, parsed: { revision?: string }): string {
  const revision = typed.trim() || 'main';
  return revision === 'main' ? (parsed.revision ?? 'main') : revision;
}
