// A drawer over the room, for choices that need space. Composed by hand, since Mantine's own header is a second banner.
import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './SideDrawer.module.css';
import { useReturnedFocus } from './useReturnedFocus.ts';

interface Props {
  title: string;
  /** Width in pixels; narrower where the screen is. */
  width: number;
  onClose: () => void;
  children: ReactNode;
}

export function SideDrawer({ title, width, onClose, children }: Props) {
  useReturnedFocus();
  return (
    <Drawer.Root opened onClose={onClose} size={width}>
      <Drawer.Overlay />
      <Drawer.Content>
        <div className={styles.head}>
          <Drawer.Title className={styles.title}>{title}</Drawer.Title>
          <Drawer.CloseButton aria-label="Close" />
        </div>
        <Drawer.Body className={styles.body}>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
