export const HELP = `Usage: npm run -s rankwise -- COMMAND

train      an adapter from context–target pairs; writes a PEFT folder
  --model DIR --data FILE --out DIR           a model is a transformers folder or a GGUF file, here and below; an
                              adapter is a PEFT folder, its zip, or a GGUF LoRA adapter; or either is what the Hub has
                              under owner/name, owner/name@revision or owner/name/FILE.gguf (HF_TOKEN for gated ones,
                              HF_ENDPOINT, HF_HUB_OFFLINE=1; kept in ~/.cache). But for train --model may be left out:
                              it is the base that the adapter names
  --rank 8 --alpha 16 --targets q,v --dropout 0 --rslora      targets: q k v o gate up down qkv
                              several make a race: --rank 1,4,16,64, and so --alpha, --lr, --dropout, and --targets
                              'q,v;q,k,v,o'; every combination is an adapter in a folder of its own under OUT, named
                              by what differs (r4, r4-lr0.001; --share-rank divides a rank among the matrices),
                              trained together on the same batches; race.json sums up; what does not fit into memory
                              (--memory GB, or a guess) runs in heats
  --optimizer adamw|sgd --lr 2e-4 --weight-decay 0 --betas 0.9,0.999 --eps 1e-8 --momentum 0
  --clip 1 (0: off) --schedule constant|linear|cosine --warmup STEPS
  --steps N | --epochs N (default: 1 epoch) --batch 8 --accumulate 1 --max-length 512
  --template '{context}\\n' --no-shuffle --seed 42
  --validation 0 (a fraction, or a second file) --checkpointing
  --context COLUMN --target COLUMN | --messages COLUMN | --text COLUMN      where the columns' names do not tell
  --first-row names|data      of a .csv or .tsv file; default: as it looks (columns without names are numbered)
  --weights f32|f16|bf16|q8|q4|nf4|file       how the frozen model is kept on the GPU, for generate, evaluate and
                              logits too; default f32, and for a GGUF file as the file has it
  --fit                       choose --weights, --checkpointing, --batch and --accumulate for the GPU memory there is
                              (given --weights and --checkpointing stay, and so do the rows of a step);
                              --memory GB says how much there is
  --longest-submit MS         the GPU is handed work for so long at a time (100; 1000 on a software driver)
  --init-adapter DIR          start from this PEFT adapter, with its rank, alpha and targets
  --save-every 50             keep the run's state in OUT/state every N steps, and when stopped
  --resume DIR                go on with the run that was written to DIR, to the same bits; with more --steps, further;
                              a run that stopped is never written over by a new one
  --metrics FILE              one JSON line per optimizer step (and adapter of a race, by its folder's name)
generate   --model DIR --prompt TEXT [--adapter DIR] [--max-new-tokens 64] [--temperature 0] [--json]
evaluate   --model DIR --data FILE [--adapter DIR…] [--template STRING] [--max-length 512]
                              [--context COLUMN --target COLUMN] [--first-row names|data]
                              the base and any number of adapters on the same rows, with 95 % intervals
  --generate                  answers as well: exact match, BLEU, ROUGE-L, chrF; --max-new-tokens N each
  --limit N                   the first N contexts, each with all its rows
  --answers FILE.jsonl        every answer with its scores, one context a line (and --generate)
  --json [FILE]               all scores, intervals and differences; without FILE one line an adapter on standard output
logits     --model DIR --ids 1,2,3 --out FILE.npy [--adapter DIR]      f32, [tokens, vocabulary]
merge      --model DIR --adapter DIR --out DIR [--dtype f32|f16|bf16]  a transformers folder
                              default f32; from quantized blocks f16, written widened, never quantized again
export     --model DIR --format NAME --out DIR      in a form that other programs run:
  onnx [--adapter DIR] [--dtype f32|f16|q4]      a transformers.js folder, the adapter merged in
  onnx-adapters [--adapter DIR…] [--targets q,v] [--dtype f32|f16|q4]      one graph of the base that any of the adapters
                              goes into with every call; --targets: open without an adapter (default q,k,v,o)
  gguf [--adapter DIR] [--dtype f16|f32|q8|q4] --out FILE.gguf   a model for llama.cpp, the adapter merged in
  gguf-lora --adapter DIR [--dtype f32|f16] --out FILE.gguf      the adapter, for llama.cpp beside a GGUF file of the base
  continue --run DIR [--metrics FILE]            goes on with a run of train on PyTorch, transformers, PEFT and Accelerate
  continue --data FILE … [--gpus 8x80] [--shard none|fsdp|deepspeed]      the same from step 0, with the flags of train;
                              --gpus: how many of how many GB, to plan for; a model of 5 B parameters and more by its
                              Hub id is not fetched, where its shapes are known (Mistral 7B … Llama 3.1 405B)
push       PATH --repo ID [--private] [--revision BRANCH] [--message TEXT]      an adapter, a model folder, an ONNX
                              folder or a GGUF file into a repository on the Hub, with a model card; the token that may
                              write is taken from HF_TOKEN, never from a flag, which others on the machine can see
  --metrics FILE              of the run: its loss is drawn on the card
  --adapter DIR               of a merged or converted model: the adapter that is in it; its run goes on the card
inspect    PATH                a model, adapter, GGUF, safetensors, npy or data file
  --batch 8 --max-length 512 --rank 8 --targets q,v     any of them: what training would take of the GPU's memory

Exit code: 0 done, 2 bad input (one line on standard error says what), 1 anything else, 130 or 143 stopped.
`;
