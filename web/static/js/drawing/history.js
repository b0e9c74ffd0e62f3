// Steps that can be taken back. A state is a value that nobody changes.

export const MOST_STEPS = 200;

export function makeHistory(first) {
  let states = [first];
  let at = 0;
  return {
    now: () => states[at],
    canUndo: () => at > 0,
    canRedo: () => at < states.length - 1,
    push(state) {
      states = [...states.slice(0, at + 1), state].slice(-MOST_STEPS - 1);
      at = states.length - 1;
    },
    undo: () => {
      at = Math.max(0, at - 1);
      return states[at];
    },
    redo: () => {
      at = Math.min(states.length - 1, at + 1);
      return states[at];
    },
  };
}
