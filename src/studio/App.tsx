// The frame around the four rooms: skip link, navigation, device, colour scheme. Each room is loaded when first opened.
import { Suspense, useEffect, useRef } from 'react';
import styles from './App.module.css';
import { DeviceChip } from './panels/DeviceChip.tsx';
import { lazyPart } from './panels/lazyPart.ts';
import { RoomBoundary } from './panels/RoomBoundary.tsx';
import { SchemeToggle } from './panels/SchemeToggle.tsx';
import { ROOMS, type Room, routeTo, useRoute } from './routing.ts';

const TITLES: Record<Room, string> = {
  train: 'Train',
  compare: 'Compare',
  playground: 'Playground',
  library: 'Library',
};

const rooms = {
  train: lazyPart(() => import('./rooms/train/TrainRoom.tsx').then((room) => room.TrainRoom)),
  compare: lazyPart(() => import('./rooms/compare/CompareRoom.tsx').then((room) => room.CompareRoom)),
  playground: lazyPart(() => import('./rooms/playground/PlaygroundRoom.tsx').then((room) => room.PlaygroundRoom)),
  library: lazyPart(() => import('./rooms/library/LibraryRoom.tsx').then((room) => room.LibraryRoom)),
};

export function App() {
  const { room } = useRoute();
  const main = useRef<HTMLElement>(null);
  const RoomView = rooms[room];
  useEffect(() => {
    document.title = `${TITLES[room]} · Rankwise`;
  }, [room]);
  return (
    <>
      <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
        Skip to {TITLES[room]}
      </button>
      <header className={styles.header}>
        <span className={styles.brand}>
          <img src="./favicon.svg" alt="" width={20} height={20} />
          Rankwise
        </span>
        <nav aria-label="Rooms" className={styles.rooms}>
          {ROOMS.map((known) => (
            <a key={known} href={routeTo(known)} aria-current={known === room ? 'page' : undefined}>
              {TITLES[known]}
            </a>
          ))}
        </nav>
        <div className={styles.tools}>
          <DeviceChip />
          <SchemeToggle />
        </div>
      </header>
      <main ref={main} tabIndex={-1} className={styles.main} aria-label={TITLES[room]}>
        <RoomBoundary key={room}>
          <Suspense fallback={<p className={styles.loading}>Opening {TITLES[room]}…</p>}>
            <RoomView />
          </Suspense>
        </RoomBoundary>
      </main>
    </>
  );
}
