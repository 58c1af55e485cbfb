// Keeps one room's failure from taking the others down, and says what to do about it.
import { Component, type ReactNode } from 'react';
import { messageOf } from '../stores/messageOf.ts';
import { ErrorNote } from './ErrorNote.tsx';

interface Props {
  children: ReactNode;
}

export class RoomBoundary extends Component<Props, { message: string | null }> {
  override state: { message: string | null } = { message: null };

  static getDerivedStateFromError(error: unknown) {
    return { message: messageOf(error) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    return (
      <>
        <h1 className="visually-hidden">This room could not be shown</h1>
        <ErrorNote
          message={`This room could not be shown: ${this.state.message}. Saved runs are kept. Reload the page.`}
          action={{ label: 'Reload', onClick: () => window.location.reload() }}
        />
      </>
    );
  }
}
