import { EmptyState } from '../../panels/EmptyState.tsx';

export function CompareRoom() {
  return <EmptyState title="Compare">Train an adapter first.</EmptyState>;
}
