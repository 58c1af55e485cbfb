import { EmptyState } from '../../panels/EmptyState.tsx';

export function PlaygroundRoom() {
  return <EmptyState title="Playground">Train an adapter first.</EmptyState>;
}
