// What an export would be, asked anew when its settings change or the base comes within reach.
import { useEffect, useState } from 'react';
import { call } from '../../../worker/client.ts';
import type { ExportPlan, ExportWhat } from '../../../worker/protocol/exports.ts';
import { messageOf } from '../../stores/messageOf.ts';
import { useModelStore } from '../../stores/modelStore.ts';
import { useExportStore } from './exportStore.ts';

/** Null while it is not known. `what` is asked for whenever it is another object. */
export function useExportPlan(what: ExportWhat): ExportPlan | null {
  const brought = useExportStore((store) => store.baseVersion);
  const loaded = useModelStore(({ status }) => (status.kind === 'ready' ? status.description : null));
  const [plan, setPlan] = useState<ExportPlan | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is within reach is the worker's to know; these say when to ask.
  useEffect(() => {
    let isCurrent = true;
    const take = (known: ExportPlan) => {
      if (isCurrent) setPlan(known);
    };
    setPlan(null);
    call('planExport', { what }).then(take, (error: unknown) => take({ kind: 'refused', reason: messageOf(error) }));
    return () => {
      isCurrent = false;
    };
  }, [what, brought, loaded]);
  return plan;
}
