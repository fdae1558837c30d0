import { type MapData, MapView, type Server } from "./view";

interface ComponentArguments {
  readonly data: MapData | null;
  readonly parentElement: HTMLElement | ShadowRoot;
  setTriggerValue(name: string, value: unknown): void;
}

const views = new WeakMap<object, MapView>();

/** Streamlit calls this on every change of the data or the theme; one view lives per place on the page. */
export default function scatterMap({ data, parentElement, setTriggerValue }: ComponentArguments): () => void {
  const server: Server = { trigger: setTriggerValue };
  let view = views.get(parentElement);
  if (view === undefined) {
    view = new MapView(parentElement, server);
    views.set(parentElement, view);
  }
  if (data !== null) view.update(data, server);
  return () => {
    views.get(parentElement)?.destroy();
    views.delete(parentElement);
  };
}
