// A model in one line of name and one of numbers.
import type { ModelDescription } from '../../../../worker/protocol/model.ts';
import { formatBytes, formatCount, formatExact } from '../../../format.ts';
import styles from './model.module.css';

function shareText({ type, sizeBytes }: ModelDescription['storedTypes'][number]): string {
  return `${type} ${formatBytes(sizeBytes)}`;
}

export function ModelFacts({ description }: { description: ModelDescription }) {
  const heads =
    description.heads === description.keyValueHeads
      ? `${description.heads} heads`
      : `${description.heads} heads (${description.keyValueHeads} key–value)`;
  return (
    <div className={styles.facts}>
      <strong>{description.name}</strong>
      <p>
        <span title={`${formatExact(description.parameters)} parameters`}>
          {formatCount(description.parameters)} parameters
        </span>
        {` · ${description.modelType} · ${description.layers} layers · ${description.hiddenSize} wide · ${heads} · `}
        {`${formatExact(description.vocabularySize)} tokens · rows up to ${formatExact(description.maxPositions)}`}
      </p>
      <p>
        {description.fileFormat}: {description.storedTypes.map(shareText).join(', ')}
      </p>
      {description.isKeptCopy && <p>The Hub cannot be asked: this is the copy that this browser keeps.</p>}
    </div>
  );
}
