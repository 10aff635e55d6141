import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { t, locale } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { theme } from '../state/theme.ts';
import { coloursOf, type Colours } from './colours.ts';
import { describeSpan } from './describe.ts';
import { AXIS, Layout } from './layout.ts';
import type { TimelineModel } from './model.ts';
import { nsAt, paint, xOf, type Scene } from './painter.ts';
import { panned, wholeView, zoomed } from './view.ts';

/** What a {@link Timeline} shows. */
export interface TimelineProps {
  readonly bench: Workbench;
  readonly model: TimelineModel;
  /** Says which run it is, if there are two. */
  readonly caption?: string;
  /** The reader can put the cursor and select spans here. */
  readonly main: boolean;
}

/** px below which a gesture is a click. */
const CLICK = 4;

/** A row for each CPU and each task, drawn on a canvas; everything that it shows can be had from the keyboard, as text. */
export function Timeline({ bench, model, caption, main }: TimelineProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useSignal(0);
  const height = useSignal(0);
  const scrollTop = useSignal(0);
  const hover = useSignal(-1);
  const layout = useMemo(() => new Layout(model.run), [model]);
  const colours = useMemo<{ value: Colours | null }>(() => ({ value: null }), [theme.value, canvas.current]);
  const gutter = width.value < 560 ? 104 : 156;

  const scene = (): Scene => ({
    model,
    layout,
    view: bench.view.value,
    width: width.value,
    height: height.value,
    gutter,
    scrollTop: scrollTop.value,
    cursorNs: main ? bench.cursorNs.value : -1,
    span: main ? bench.span.value : -1,
    lane: main ? bench.lane.value : -1,
    hoverSpan: hover.value,
    found: main ? bench.found.value : NONE,
    colours: (colours.value ??= coloursOf(canvas.current!)),
  });

  useEffect(() => {
    const element = box.current!;
    const measure = (): void => {
      width.value = element.clientWidth;
      height.value = element.clientHeight;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  // what is read here decides when this component is drawn again
  void [bench.view.value, bench.cursorNs.value, bench.span.value, bench.lane.value, bench.found.value];
  void [width.value, height.value, scrollTop.value, hover.value, theme.value, locale.value];
  useLayoutEffect(() => {
    if (width.value === 0 || canvas.current === null) return;
    const frame = requestAnimationFrame(() => {
      if (canvas.current !== null) draw(canvas.current, scene());
    });
    return () => cancelAnimationFrame(frame);
  });

  useGestures(box, { bench, model, layout, main, scene, hover, scrollTop });

  const total = layout.height + AXIS;
  return (
    <div class="timeline" style={{ '--rows': `${total}px` }}>
      {caption === undefined ? null : <div class="timeline-caption">{caption}</div>}
      <div
        class="timeline-box"
        ref={box}
        tabIndex={0}
        role="group"
        aria-roledescription={t('timeline.role')}
        aria-label={t('timeline.label', {
          title: model.run.title,
          n: model.run.lanes.length,
          e: model.run.events.count,
        })}
        onScroll={() => (scrollTop.value = box.current!.scrollTop)}
        onKeyDown={(event) => main && onKey(event, bench, model)}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <div class="timeline-space" style={{ height: `${total}px` }} />
      </div>
      {main ? (
        <p class="visually-hidden" aria-live="polite">
          {bench.span.value < 0 ? '' : describeSpan(model, bench.span.value)}
        </p>
      ) : null}
    </div>
  );
}

const NONE = new Int32Array(0);

function draw(canvas: HTMLCanvasElement, scene: Scene): void {
  const ratio = window.devicePixelRatio || 1;
  const w = Math.round(scene.width * ratio);
  const h = Math.round(scene.height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${scene.width}px`;
    canvas.style.height = `${scene.height}px`;
  }
  const ctx = canvas.getContext('2d')!;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  const began = performance.now();
  paint(ctx, scene);
  measured()?.push(performance.now() - began);
}

/** Where a benchmark wants the time that each picture takes, in ms; undefined as long as nobody measures. */
function measured(): number[] | undefined {
  return (globalThis as { kernelModelFrames?: number[] }).kernelModelFrames;
}

interface GestureContext {
  readonly bench: Workbench;
  readonly model: TimelineModel;
  readonly layout: Layout;
  readonly main: boolean;
  readonly scene: () => Scene;
  readonly hover: { value: number };
  readonly scrollTop: { value: number };
}

/** Wheel, mouse and touch: zoom, pan, scrub, select. */
function useGestures(box: { readonly current: HTMLDivElement | null }, context: GestureContext): void {
  const latest = useRef(context);
  latest.current = context;
  useEffect(() => {
    const element = box.current!;
    const place = (event: MouseEvent): { x: number; y: number } => {
      const bounds = element.getBoundingClientRect();
      return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
    };
    const wheel = (event: WheelEvent): void => {
      const { bench, scene } = latest.current;
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey || event.altKey) {
        event.preventDefault();
        const factor = 1.0018 ** event.deltaY;
        bench.view.value = zoomed(bench.view.value, factor, nsAt(scene(), place(event).x), bench.lengthNs);
      } else if (sideways !== 0) {
        event.preventDefault();
        const { view, width, gutter } = scene();
        bench.view.value = panned(view, (sideways / (width - gutter)) * (view.to - view.from), bench.lengthNs);
      }
    };
    const pointers = new Map<number, { x: number; y: number }>();
    let pressed: { x: number; y: number; scrub: boolean } | null = null;
    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      const at = place(event);
      pointers.set(event.pointerId, at);
      pressed = { ...at, scrub: at.y < AXIS && at.x > latest.current.scene().gutter };
      element.setPointerCapture(event.pointerId);
      if (pressed.scrub) scrubTo(latest.current, at.x);
    };
    const move = (event: PointerEvent): void => {
      const c = latest.current;
      const at = place(event);
      const before = pointers.get(event.pointerId);
      if (before === undefined) {
        c.hover.value = spanUnder(c, at.x, at.y);
        return;
      }
      if (pressed?.scrub === true) scrubTo(c, at.x);
      else if (pointers.size === 2) pinch(c, pointers, event.pointerId, at);
      else if (pointers.size === 1 && (event.pointerType !== 'touch' || Math.abs(at.x - before.x) > 0)) {
        const { view, width, gutter } = c.scene();
        const byNs = ((before.x - at.x) / (width - gutter)) * (view.to - view.from);
        if (byNs !== 0) c.bench.view.value = panned(view, byNs, c.bench.lengthNs);
        if (event.pointerType !== 'touch') element.scrollTop += before.y - at.y;
      }
      pointers.set(event.pointerId, at);
    };
    const up = (event: PointerEvent): void => {
      const c = latest.current;
      const at = place(event);
      pointers.delete(event.pointerId);
      if (pressed === null || pressed.scrub || event.type === 'pointercancel') return;
      if (Math.abs(at.x - pressed.x) < CLICK && Math.abs(at.y - pressed.y) < CLICK) click(c, at.x, at.y);
    };
    const double = (event: MouseEvent): void => {
      const c = latest.current;
      const at = place(event);
      const span = spanUnder(c, at.x, at.y);
      if (span < 0) c.bench.view.value = wholeView(c.bench.lengthNs);
      else zoomToSpan(c.bench, c.model, span);
    };
    const leave = (): void => void (latest.current.hover.value = -1);
    const listening = new AbortController();
    const { signal } = listening;
    element.addEventListener('wheel', wheel, { passive: false, signal });
    element.addEventListener('pointerdown', down, { signal });
    element.addEventListener('pointermove', move, { signal });
    element.addEventListener('pointerup', up, { signal });
    element.addEventListener('pointercancel', up, { signal });
    element.addEventListener('pointerleave', leave, { signal });
    element.addEventListener('dblclick', double, { signal });
    return () => listening.abort();
  }, []);
}

/** Fill the picture with a span and some of what is around it. */
export function zoomToSpan(bench: Workbench, { run }: TimelineModel, span: number): void {
  const start = run.spans.start[span]! - run.startNs;
  const length = Math.max(run.spans.end[span]! - run.spans.start[span]!, 1000);
  bench.view.value = { from: start - length * 0.25, to: start + length * 1.25 };
}

function pinch(c: GestureContext, pointers: ReadonlyMap<number, { x: number }>, id: number, at: { x: number }): void {
  const other = [...pointers].find(([key]) => key !== id)![1];
  const before = Math.abs(pointers.get(id)!.x - other.x);
  const now = Math.abs(at.x - other.x);
  if (before < 8 || now < 8) return;
  const around = nsAt(c.scene(), (at.x + other.x) / 2);
  c.bench.view.value = zoomed(c.bench.view.value, before / now, around, c.bench.lengthNs);
}

function scrubTo({ bench, model, scene, main }: GestureContext, x: number): void {
  if (main) bench.cursor.value = model.eventAt(nsAt(scene(), x) + model.run.startNs);
}

function spanUnder({ model, layout, scene, scrollTop }: GestureContext, x: number, y: number): number {
  const s = scene();
  const lane = model.run.lanes[layout.laneAt(y - AXIS + scrollTop.value)];
  if (lane === undefined || x < s.gutter || y < AXIS) return -1;
  const at = nsAt(s, x) + model.run.startNs;
  const exact = model.spanAt(lane, at);
  if (exact < 0) return -1;
  // a span too narrow to be hit is taken if it is nearest
  for (const near of [exact - 1, exact + 1]) {
    if (near < lane.first || near >= lane.first + lane.count) continue;
    const x0 = xOf(s, model.run.spans.start[near]! - model.run.startNs);
    const x1 = xOf(s, model.run.spans.end[near]! - model.run.startNs);
    if (x1 - x0 < 4 && Math.abs((x0 + x1) / 2 - x) < 3) return near;
  }
  return exact;
}

function click(c: GestureContext, x: number, y: number): void {
  if (!c.main) return;
  const lane = c.layout.laneAt(y - AXIS + c.scrollTop.value);
  if (lane >= 0) c.bench.lane.value = lane;
  const span = spanUnder(c, x, y);
  if (span < 0) return;
  c.bench.span.value = span;
  c.bench.cursor.value = c.model.eventAt(nsAt(c.scene(), x) + c.model.run.startNs);
}

/** Keys of the timeline; those of the whole page are in keys.ts. */
function onKey(event: KeyboardEvent, bench: Workbench, model: TimelineModel): void {
  const { view, lengthNs } = { view: bench.view.value, lengthNs: bench.lengthNs };
  const pan = (part: number): void => void (bench.view.value = panned(view, (view.to - view.from) * part, lengthNs));
  const zoom = (factor: number): void => {
    const at = bench.cursorNs.value;
    const around = at >= view.from && at <= view.to ? at : (view.from + view.to) / 2;
    bench.view.value = zoomed(view, factor, around, lengthNs);
  };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  switch (event.key) {
    case 'w':
    case '+':
    case '=':
      zoom(0.7);
      break;
    case 's':
    case '-':
      zoom(1 / 0.7);
      break;
    case 'a':
      pan(-0.2);
      break;
    case 'd':
      pan(0.2);
      break;
    case '0':
      bench.view.value = wholeView(lengthNs);
      break;
    case 'ArrowUp':
    case 'ArrowDown': {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const lane = Math.min(Math.max(0, bench.lane.value + step), model.run.lanes.length - 1);
      bench.lane.value = lane;
      const row = model.run.lanes[lane]!;
      const here = model.spanAt(row, bench.cursorNs.value + model.run.startNs);
      bench.span.value = here < 0 && row.count > 0 ? row.first : here;
      break;
    }
    case '[':
    case ']': {
      selectNeighbour(bench, model, event.key === ']' ? 1 : -1);
      break;
    }
    default:
      return;
  }
  event.preventDefault();
}

/** Select the next span of the same row, and put the cursor where it begins. */
export function selectNeighbour(bench: Workbench, model: TimelineModel, by: 1 | -1): void {
  const span = bench.span.value;
  if (span < 0) return;
  const lane = model.laneOfSpan(span);
  const next = span + by;
  if (next < lane.first || next >= lane.first + lane.count) return;
  bench.span.value = next;
  bench.seek(Math.max(0, model.run.spans.event[next]!));
}
