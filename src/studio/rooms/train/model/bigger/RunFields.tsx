// What is trained: the model, the adapter's rank and matrices, the optimizer.
import { formatCount } from '../../../../format.ts';
import { NumberField } from '../../../../panels/NumberField.tsx';
import { Select } from '../../../../panels/Select.tsx';
import { ToggleChips } from '../../../../panels/ToggleChips.tsx';
import { STANDARD_SETTINGS } from '../../../../stores/settingsStore.ts';
import { TARGET_WORDS } from '../../adapter/targetWords.ts';
import styles from './bigger.module.css';
import { changeBigAdapter, changeBigOptimizer, chooseBigModel, useBiggerStore } from './biggerStore.ts';

const OPTIMIZERS = {
  adamw: STANDARD_SETTINGS.training.optimizer,
  momentum: { kind: 'sgd', momentum: 0.9 },
  sgd: { kind: 'sgd', momentum: 0 },
} as const;

export function RunFields() {
  const models = useBiggerStore((state) => state.models);
  const modelId = useBiggerStore((state) => state.modelId);
  const { adapter, training } = useBiggerStore((state) => state.settings);
  const known = models.find(({ id }) => id === modelId)?.targets ?? adapter.targets;
  const { optimizer } = training;
  const chosen = optimizer.kind === 'adamw' ? 'adamw' : optimizer.momentum > 0 ? 'momentum' : 'sgd';
  return (
    <>
      <div className={styles.fields}>
        <div className={styles.wide}>
          <Select
            label="Model"
            value={modelId}
            options={models.map(({ id, title, parameters }) => ({
              value: id,
              label: `${title} · ${formatCount(parameters)} parameters`,
            }))}
            onChange={chooseBigModel}
          />
        </div>
        <NumberField
          label="Rank"
          term="r"
          value={adapter.rank}
          min={1}
          max={256}
          isWhole
          onChange={(rank) => changeBigAdapter({ rank })}
        />
        <Select
          label="Optimizer"
          value={chosen}
          options={[
            { value: 'adamw', label: 'AdamW' },
            { value: 'momentum', label: 'SGD, momentum' },
            { value: 'sgd', label: 'SGD' },
          ]}
          onChange={(kind) => changeBigOptimizer(OPTIMIZERS[kind])}
        />
      </div>
      <ToggleChips
        legend="Matrices"
        options={known.map((target) => ({ value: target, label: TARGET_WORDS[target].label }))}
        values={adapter.targets}
        onChange={(target, isTaken) => {
          // GPT-2's q, k, v as one, or apart.
          const others = adapter.targets.filter((other) => other !== target && isTogether(other, target));
          const targets = isTaken ? [...others, target] : adapter.targets.filter((other) => other !== target);
          if (targets.length > 0) changeBigAdapter({ targets });
        }}
      />
    </>
  );
}

type Target = (typeof STANDARD_SETTINGS.adapter.targets)[number];

const PARTS: readonly Target[] = ['q', 'k', 'v'];

function isTogether(a: Target, b: Target): boolean {
  return !((a === 'qkv' && PARTS.includes(b)) || (b === 'qkv' && PARTS.includes(a)));
}
