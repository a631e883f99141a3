// The shape of an event stream: who emits knows nothing of who listens. The events themselves are
// defined where they happen (task/event.ts).

/** Takes one event. Must not throw. */
export type Sink<TEvent> = (event: TEvent) => void;

/** A sink that hands every event to several. */
export function tee<TEvent>(...sinks: readonly Sink<TEvent>[]): Sink<TEvent> {
  return (event) => {
    for (const sink of sinks) sink(event);
  };
}
