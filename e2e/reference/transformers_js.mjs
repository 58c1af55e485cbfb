// Runs an exported ONNX folder in transformers.js as it is, and prints the greedy text, to compare with `generate`.
//
//   npm install @huggingface/transformers     in any folder outside this one
//   node e2e/reference/transformers_js.mjs LIBRARY FOLDER PROMPT [TOKENS]
//
// LIBRARY: that folder's node_modules/@huggingface/transformers. The dtype is the one that the folder's config.json names.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [library, folder, prompt, tokens = '24'] = process.argv.slice(2);
if (!prompt) throw new Error('usage: transformers_js.mjs LIBRARY FOLDER PROMPT [TOKENS]');
const entry = createRequire(import.meta.url).resolve(resolve(library));
const { AutoModelForCausalLM, AutoTokenizer, env, pipeline } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = '/';

const path = resolve(folder);
const tokenizer = await AutoTokenizer.from_pretrained(path);
const model = await AutoModelForCausalLM.from_pretrained(path);
const inputs = tokenizer(prompt);
const options = { max_new_tokens: Number(tokens), do_sample: false };
const ids = await model.generate({ ...inputs, ...options });
const made = ids.slice(null, [inputs.input_ids.dims[1], null]).tolist()[0];
const text = tokenizer.decode(made, { skip_special_tokens: true });
console.log(text);

const generator = await pipeline('text-generation', path);
const [{ generated_text: whole }] = await generator(prompt, { ...options, return_full_text: false });
if (whole !== text) {
  console.error(`pipeline('text-generation') gives another text: ${whole}`);
  process.exitCode = 1;
}
