// How the next token is chosen: always the likeliest, or drawn by chance.
import { NumberField } from '../../panels/NumberField.tsx';
import { Panel } from '../../panels/Panel.tsx';
import { RadioChips } from '../../panels/RadioChips.tsx';
import styles from './playground.module.css';
import { setSampling, usePlayground } from './playgroundStore.ts';

export function SamplingPanel() {
  const sampling = usePlayground((state) => state.sampling);
  const isGreedy = sampling.temperature === 0;
  return (
    <Panel title="Sampling" note={isGreedy ? 'the same answer every time' : 'the same answer for the same seed'}>
      <RadioChips
        legend="Next token"
        value={isGreedy ? 'greedy' : 'sampled'}
        options={[
          { value: 'greedy', label: 'Greedy' },
          { value: 'sampled', label: 'Sampled' },
        ]}
        onChange={(kind) => setSampling({ temperature: kind === 'greedy' ? 0 : 0.8 })}
      />
      <div className={styles.numbers}>
        <NumberField
          label="Longest answer"
          term="tokens"
          value={sampling.maxNewTokens}
          min={1}
          max={4096}
          isWhole
          onChange={(maxNewTokens) => setSampling({ maxNewTokens })}
        />
        <NumberField
          label="Repetition penalty"
          help="1 is none"
          value={sampling.repetitionPenalty}
          min={0.1}
          max={5}
          onChange={(repetitionPenalty) => setSampling({ repetitionPenalty })}
        />
        {!isGreedy && (
          <>
            <NumberField
              label="Temperature"
              value={sampling.temperature}
              min={0.01}
              max={5}
              onChange={(temperature) => setSampling({ temperature })}
            />
            <NumberField
              label="Likeliest tokens only"
              term="top-k"
              help="0 is all"
              value={sampling.topK}
              min={0}
              isWhole
              onChange={(topK) => setSampling({ topK })}
            />
            <NumberField
              label="Likeliest share only"
              term="top-p"
              help="1 is all"
              value={sampling.topP}
              min={0.01}
              max={1}
              onChange={(topP) => setSampling({ topP })}
            />
            <NumberField
              label="Seed"
              value={sampling.seed}
              min={0}
              max={0xffffffff}
              isWhole
              onChange={(seed) => setSampling({ seed })}
            />
          </>
        )}
      </div>
    </Panel>
  );
}
