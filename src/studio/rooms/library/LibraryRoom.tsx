import { EmptyState } from '../../panels/EmptyState.tsx';

export function LibraryRoom() {
  return <EmptyState title="Library">Train an adapter first.</EmptyState>;
}
