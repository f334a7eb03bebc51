import {
  createElementStore,
  type ElementStore,
} from '../../simulators/android/automation/session.ts';
import { createMachine, type Machine } from '../../simulators/android/machine.ts';
import { nodesOf } from '../../simulators/android/phone/layout.ts';
import { notes } from '../../simulators/android/testing/notes.ts';

export { routes } from '../../simulators/android/automation/routes.ts';

/** A phone that shows its notes. */
export interface AutomatedNotes {
  readonly machine: Machine;
  readonly elements: ElementStore;
  /** Ids of the inputs and buttons that are shown. */
  readonly shown: readonly string[];
}

/** Makes a phone for one case. */
export const createNotesPhone = (): AutomatedNotes => {
  const application = notes();
  const machine = createMachine({ applications: [application] });
  machine.manager.launch(application.packageName);
  const elements = createElementStore(machine.screen);
  const shown = nodesOf(machine.screen().root)
    .filter(({ widget }) => widget.kind === 'input' || widget.kind === 'button')
    .map((node) => elements.remember(node));
  return { machine, elements, shown };
};
