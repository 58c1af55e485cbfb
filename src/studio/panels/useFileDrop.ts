// Lets an element take files that are dropped on it.
import { type DragEvent, useState } from 'react';

export interface FileDrop {
  onDragOver: (event: DragEvent) => void;
  onDragLeave: (event: DragEvent) => void;
  onDrop: (event: DragEvent) => void;
  'data-drop': boolean | undefined;
}

/** Props for the element; `data-drop` is set while files hover over it. `isOff`: it takes none. */
export function useFileDrop(onDrop: (dropped: DataTransfer) => void, isOff: boolean): FileDrop {
  const [isOver, setOver] = useState(false);
  const takes = ({ dataTransfer }: DragEvent) => !isOff && dataTransfer.types.includes('Files');
  return {
    'data-drop': isOver || undefined,
    onDragOver: (event) => {
      if (!takes(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: ({ currentTarget, relatedTarget }) => {
      // Over a child it is still over the element.
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
    },
    onDrop: (event) => {
      if (!takes(event)) return;
      event.preventDefault();
      setOver(false);
      onDrop(event.dataTransfer);
    },
  };
}
