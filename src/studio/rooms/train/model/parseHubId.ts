// Reads what a person pastes for a Hub model: its id, or its page's address.

const ID = /^[\w.-]{1,96}(\/[\w.-]{1,96})?$/;

export function parseHubId(text: string): { repo: string } | { error: string } {
  const path = text.trim().replace(/^(https?:\/\/)?(www\.)?(huggingface\.co|hf\.co)\//, '');
  const repo = path.split('/').slice(0, 2).join('/');
  if (ID.test(repo)) return { repo };
  return { error: 'Type an id such as HuggingFaceTB/SmolLM2-135M-Instruct, or paste the address of the model’s page.' };
}
