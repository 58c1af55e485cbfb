// The four rooms, each with its own address: `#/train`, `#/compare?runs=a,b` … Hash addresses work on any static host.
import { useSyncExternalStore } from 'react';

export const ROOMS = ['train', 'compare', 'playground', 'library'] as const;
export type Room = (typeof ROOMS)[number];

export interface Route {
  room: Room;
  params: URLSearchParams;
}

/** Reads an address's hash; anything unknown is Train. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const room = ROOMS.find((known) => known === path) ?? 'train';
  return { room, params: new URLSearchParams(query) };
}

/** The address of a room, for links. */
export function routeTo(room: Room, params: Record<string, string> = {}): string {
  const query = new URLSearchParams(params).toString();
  return `#/${room}${query ? `?${query}` : ''}`;
}

/** Goes there, as a click on a link would. */
export function openRoom(room: Room, params: Record<string, string> = {}): void {
  window.location.hash = routeTo(room, params);
}

/** The current route; renders again when the address changes. */
export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.hash));
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}
