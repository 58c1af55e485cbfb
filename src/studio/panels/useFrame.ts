// Runs once per screen frame while the component is mounted; for numbers that change too often for React.
import { useEffect, useRef } from 'react';

export function useFrame(onFrame: () => void): void {
  const latest = useRef(onFrame);
  latest.current = onFrame;
  useEffect(() => {
    let frame = requestAnimationFrame(function next() {
      frame = requestAnimationFrame(next);
      latest.current();
    });
    return () => cancelAnimationFrame(frame);
  }, []);
}
