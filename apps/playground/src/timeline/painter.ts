import { STATES } from '../engine/protocol.ts';
import type { Colours } from './colours.ts';
import { formatTick, tickStep } from './format.ts';
import { AXIS, ROW, type Layout } from './layout.ts';
import { DEAD, IDLE, IPI, MARK, QUEUED, RUNNABLE, RUNNING, SIGNAL, TLB, WAKE, type TimelineModel } from './model.ts';
import { firstAbove, firstAboveNear } from './search.ts';
import type { View } from './view.ts';

/** What a picture shows. */
export interface Scene {
  readonly model: TimelineModel;
  readonly layout: Layout;
  readonly view: View;
  readonly width: number;
  readonly height: number;
  /** Width of the names at the left. */
  readonly gutter: number;
  readonly scrollTop: number;
  /** ns since the start; -1 for none. */
  readonly cursorNs: number;
  /** Selected span, or -1. */
  readonly span: number;
  /** Row that has the keyboard's attention, or -1. */
  readonly lane: number;
  readonly hoverSpan: number;
  /** Events that a search found. */
  readonly found: Int32Array;
  readonly colours: Colours;
}

/** A span narrower than this is drawn with its neighbours, in px. */
const NARROW = 1.5;
/** More arrows than this in sight say nothing any more. */
const MOST_ARROWS = 300;
/** Events in sight above which single marks are left out. */
const MOST_EVENTS = 30_000;

/** About so far apart are the marks of the axis. */
const TICK_PX = 92;

const P_STATE = STATES.indexOf('parked');
const F_STATE = STATES.indexOf('frozen');
const D_STATE = STATES.indexOf('D');

/** Height of a bar within its row, by state: shape tells what colour tells. */
function barOf(state: number): readonly [top: number, height: number] {
  if (state === RUNNING) return [3, ROW - 7];
  if (state === RUNNABLE) return [8, ROW - 16];
  if (state === D_STATE) return [10, 4];
  if (state === P_STATE || state === F_STATE) return [9, 6];
  return [11, 2];
}

/** Draw a timeline on a canvas whose transform is one unit per CSS pixel. */
export function paint(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { width, height, colours } = scene;
  ctx.fillStyle = colours.surface;
  ctx.fillRect(0, 0, width, height);
  ctx.textBaseline = 'middle';
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, AXIS, width, height - AXIS);
  ctx.clip();
  paintGrid(ctx, scene);
  ctx.translate(0, AXIS - scene.scrollTop);
  paintRows(ctx, scene);
  paintEvents(ctx, scene);
  paintSelection(ctx, scene);
  paintNames(ctx, scene);
  ctx.restore();
  paintAxis(ctx, scene);
  paintCursor(ctx, scene);
  ctx.fillStyle = colours.line;
  ctx.fillRect(scene.gutter - 1, 0, 1, height);
}

/** Pixel of an instant since the start. */
export function xOf({ view, width, gutter }: Pick<Scene, 'view' | 'width' | 'gutter'>, ns: number): number {
  return gutter + ((ns - view.from) / (view.to - view.from)) * (width - gutter);
}

/** Instant since the start at a pixel. */
export function nsAt({ view, width, gutter }: Pick<Scene, 'view' | 'width' | 'gutter'>, x: number): number {
  return view.from + ((x - gutter) / (width - gutter)) * (view.to - view.from);
}

function inSight(scene: Scene, lane: number): boolean {
  const y = scene.layout.tops[lane]! - scene.scrollTop;
  return y > -ROW && y < scene.height - AXIS;
}

function paintRows(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { lanes } = scene.model.run;
  ctx.save();
  ctx.beginPath();
  ctx.rect(scene.gutter, scene.scrollTop, scene.width - scene.gutter, scene.height);
  ctx.clip();
  for (let i = 0; i < lanes.length; i++) {
    if (!inSight(scene, i)) continue;
    const y = scene.layout.tops[i]!;
    if (i === scene.lane) {
      ctx.fillStyle = scene.colours.faint;
      ctx.fillRect(scene.gutter, y, scene.width, ROW);
    }
    paintRow(ctx, scene, i, y);
  }
  ctx.restore();
}

function paintRow(ctx: CanvasRenderingContext2D, scene: Scene, laneIndex: number, y: number): void {
  const { model, view, colours } = scene;
  const { spans, startNs, lanes } = model.run;
  const lane = lanes[laneIndex]!;
  const last = lane.first + lane.count;
  const from = view.from + startNs;
  const to = view.to + startNs;
  const scale = (scene.width - scene.gutter) / (view.to - view.from);
  const { start, end, state } = spans;
  const columns = new Columns(ctx);
  let i = firstAbove(end, from, lane.first, last);
  while (i < last && start[i]! < to) {
    const x0 = scene.gutter + (Math.max(start[i]!, from) - from) * scale;
    const x1 = scene.gutter + (Math.min(end[i]!, to) - from) * scale;
    if (x1 - x0 >= NARROW) {
      paintSpan(ctx, scene, i, x0, x1, y, lane.kind === 'cpu');
      i++;
      continue;
    }
    // what shares a pixel is drawn as one: the height says for how much of it somebody ran
    const column = Math.floor(x0);
    const columnEnd = from + (column + 1 - scene.gutter) / scale;
    const next = Math.max(i + 1, firstAboveNear(end, columnEnd, i, last));
    const ran = model.ranBefore[next]! - model.ranBefore[i]!;
    const part = Math.min(1, ran * scale);
    let shown = state[i]!;
    for (let k = i + 1; k < next && k < i + 16 && (shown === IDLE || shown === DEAD); k++) shown = state[k]!;
    if (ran === 0 && shown !== IDLE && shown !== DEAD) {
      const [top, height] = barOf(shown);
      columns.add(column, y + top, height, colours.states[shown]!);
    }
    if (ran > 0) {
      const [top, height] = barOf(RUNNING);
      const h = Math.max(3, Math.round(height * part));
      columns.add(column, y + top + height - h, h, colours.states[RUNNING]!);
    }
    i = next;
  }
  columns.flush();
}

/** Bars one pixel wide: neighbours that look alike are drawn as one, because each call to a canvas costs. */
class Columns {
  readonly #ctx: CanvasRenderingContext2D;
  #x = 0;
  #width = 0;
  #top = 0;
  #height = 0;
  #colour = '';

  constructor(ctx: CanvasRenderingContext2D) {
    this.#ctx = ctx;
  }

  add(x: number, top: number, height: number, colour: string): void {
    if (x === this.#x + this.#width && top === this.#top && height === this.#height && colour === this.#colour) {
      this.#width++;
      return;
    }
    this.flush();
    this.#x = x;
    this.#width = 1;
    this.#top = top;
    this.#height = height;
    this.#colour = colour;
  }

  flush(): void {
    if (this.#width === 0) return;
    this.#ctx.fillStyle = this.#colour;
    this.#ctx.fillRect(this.#x, this.#top, this.#width, this.#height);
    this.#width = 0;
  }
}

function paintSpan(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  i: number,
  x0: number,
  x1: number,
  y: number,
  cpu: boolean,
): void {
  const { model, colours } = scene;
  const { spans } = model.run;
  const state = spans.state[i]!;
  if (state === DEAD) return;
  const [top, height] = barOf(state);
  ctx.fillStyle = colours.states[state]!;
  const width = Math.max(1, x1 - x0 - (state === RUNNING ? 0.5 : 0));
  if (state === P_STATE) {
    for (let x = x0; x < x1; x += 6) ctx.fillRect(x, y + top, Math.min(3, x1 - x), height);
  } else if (state === F_STATE) {
    ctx.fillRect(x0, y + top, width, 2);
    ctx.fillRect(x0, y + top + height - 2, width, 2);
  } else ctx.fillRect(x0, y + top, width, height);
  if (i === scene.hoverSpan) {
    ctx.strokeStyle = colours.text;
    ctx.lineWidth = 1;
    ctx.strokeRect(x0 + 0.5, y + top - 0.5, width, height + 1);
  }
  if (state !== RUNNING || x1 - x0 < 22) return;
  ctx.fillStyle = colours.onRunning;
  ctx.font = `11px ${colours.font}`;
  const label = cpu ? model.commOf(spans.who[i]!) : `CPU ${spans.who[i]!}`;
  const fitted = fit(ctx, label, x1 - x0 - 8);
  if (fitted !== '') ctx.fillText(fitted, x0 + 4, y + ROW / 2);
}

/** A text cut to a width; empty if nothing readable is left. */
function fit(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  const letters = Math.floor((width / ctx.measureText(text).width) * text.length) - 1;
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}

function paintEvents(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { model, view } = scene;
  const { events, startNs } = model.run;
  ctx.save();
  ctx.beginPath();
  ctx.rect(scene.gutter, scene.scrollTop, scene.width - scene.gutter, scene.height);
  ctx.clip();
  paintWorks(ctx, scene);
  const first = firstAbove(events.at, view.from + startNs - 1, 0, events.count);
  const last = firstAbove(events.at, view.to + startNs, first, events.count);
  if (last - first <= MOST_EVENTS) paintMarks(ctx, scene, first, last);
  for (const event of scene.found) {
    if (event >= first && event < last) paintFound(ctx, scene, event);
  }
  ctx.restore();
}

function paintWorks(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { model, colours, layout } = scene;
  const { works, startNs } = model.run;
  ctx.fillStyle = colours.work;
  for (const work of works) {
    const lane = model.laneOfPid.get(work.pid);
    if (lane === undefined || !inSight(scene, lane)) continue;
    const x0 = xOf(scene, work.start - startNs);
    const x1 = xOf(scene, work.end - startNs);
    if (x1 < scene.gutter || x0 > scene.width) continue;
    ctx.fillRect(x0, layout.tops[lane]! + ROW - 3, Math.max(1.5, x1 - x0), 2);
  }
}

function paintMarks(ctx: CanvasRenderingContext2D, scene: Scene, first: number, last: number): void {
  const { model, layout, colours } = scene;
  const { events, startNs } = model.run;
  const { kinds } = model;
  let arrows = 0;
  for (let i = first; i < last; i++) if (kinds[i] === WAKE || kinds[i] === IPI) arrows++;
  // by row and kind: what shares a pixel is drawn once
  const lastX = new Int32Array(layout.tops.length * 8).fill(-1);
  for (let i = first; i < last; i++) {
    const kind = kinds[i]!;
    if (kind === 0) continue;
    const x = Math.round(xOf(scene, events.at[i]! - startNs));
    const from = model.laneOfEvent(i);
    const key = from * 8 + kind;
    if (x === lastX[key]) continue;
    lastX[key] = x;
    const y = layout.tops[from]!;
    switch (kind) {
      case MARK:
        ctx.fillStyle = colours.mark;
        ctx.fillRect(x, y + 1, 1, 3);
        break;
      case TLB:
        ctx.fillStyle = colours.tlb;
        triangle(ctx, x, y + ROW - 1, -5);
        break;
      case SIGNAL:
        ctx.fillStyle = colours.tlb;
        triangle(ctx, x, y + 1, 5);
        break;
      case QUEUED:
        ctx.fillStyle = colours.work;
        ctx.fillRect(x - 1, y + ROW - 6, 3, 3);
        break;
      default: {
        if (arrows > MOST_ARROWS) break;
        const to = kind === WAKE ? model.laneOfPid.get(events.about[i]!) : events.target[i]!;
        if (to === undefined || to < 0 || to === from) break;
        arrow(
          ctx,
          x,
          y + ROW / 2,
          layout.tops[to]! + ROW / 2,
          kind === WAKE ? colours.wake : colours.ipi,
          kind === IPI,
        );
      }
    }
  }
}

function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, height: number): void {
  ctx.beginPath();
  ctx.moveTo(x - 3.5, y);
  ctx.lineTo(x + 3.5, y);
  ctx.lineTo(x, y + height);
  ctx.fill();
}

function arrow(
  ctx: CanvasRenderingContext2D,
  x: number,
  from: number,
  to: number,
  colour: string,
  dashed: boolean,
): void {
  const down = to > from ? 1 : -1;
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = 1;
  ctx.setLineDash(dashed ? [2, 2] : []);
  ctx.beginPath();
  ctx.moveTo(x + 0.5, from);
  ctx.lineTo(x + 0.5, to - 4 * down);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(x - 2.5, to - 5 * down);
  ctx.lineTo(x + 3.5, to - 5 * down);
  ctx.lineTo(x + 0.5, to);
  ctx.fill();
}

function paintFound(ctx: CanvasRenderingContext2D, scene: Scene, event: number): void {
  const { model, layout, colours } = scene;
  const { events, startNs } = model.run;
  const x = xOf(scene, events.at[event]! - startNs);
  ctx.strokeStyle = colours.accent;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x - 3, layout.tops[model.laneOfEvent(event)]! + 1, 6, ROW - 2);
}

function paintSelection(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { model, span, layout, colours } = scene;
  if (span < 0) return;
  const { spans, startNs, lanes } = model.run;
  const lane = lanes.indexOf(model.laneOfSpan(span));
  const x0 = Math.max(scene.gutter - 2, xOf(scene, spans.start[span]! - startNs));
  const x1 = Math.min(scene.width + 2, xOf(scene, spans.end[span]! - startNs));
  if (x1 < scene.gutter) return;
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = 2;
  ctx.strokeRect(x0, layout.tops[lane]! + 1.5, Math.max(3, x1 - x0), ROW - 4);
}

function paintNames(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { model, layout, colours, gutter } = scene;
  ctx.fillStyle = colours.surface;
  ctx.fillRect(0, scene.scrollTop, gutter, scene.height);
  model.run.lanes.forEach((lane, i) => {
    if (!inSight(scene, i)) return;
    const y = layout.tops[i]! + ROW / 2;
    if (i === scene.lane) {
      ctx.fillStyle = colours.faint;
      ctx.fillRect(0, layout.tops[i]!, gutter, ROW);
    }
    ctx.font = `${lane.own ? 500 : 400} 12px ${colours.font}`;
    ctx.fillStyle = lane.own ? colours.text : colours.muted;
    const id = lane.kind === 'task' ? String(lane.id) : '';
    ctx.textAlign = 'right';
    const idWidth = id === '' ? 0 : ctx.measureText(id).width + 6;
    const name = fit(ctx, lane.name, gutter - 20 - idWidth);
    ctx.textAlign = 'left';
    ctx.fillText(name, 10, y);
    if (id !== '') {
      ctx.fillStyle = colours.muted;
      ctx.font = `400 11px ${colours.font}`;
      ctx.textAlign = 'right';
      ctx.fillText(id, gutter - 8, y);
      ctx.textAlign = 'left';
    }
  });
}

/** Faint lines under the axis marks, behind everything. */
function paintGrid(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { view, width, gutter } = scene;
  const step = tickStep(view.to - view.from, width - gutter, TICK_PX);
  ctx.fillStyle = scene.colours.faint;
  for (let ns = Math.ceil(view.from / step) * step; ns < view.to; ns += step) {
    ctx.fillRect(Math.round(xOf(scene, ns)), AXIS, 1, scene.height - AXIS);
  }
}

function paintAxis(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { view, width, gutter, colours } = scene;
  const step = tickStep(view.to - view.from, width - gutter, TICK_PX);
  ctx.fillStyle = colours.surface;
  ctx.fillRect(0, 0, width, AXIS);
  ctx.font = `11px ${colours.font}`;
  for (let ns = Math.ceil(view.from / step) * step; ns < view.to; ns += step) {
    const x = xOf(scene, ns);
    if (x < gutter) continue;
    ctx.fillStyle = colours.line;
    ctx.fillRect(Math.round(x), AXIS - 6, 1, 6);
    ctx.fillStyle = colours.muted;
    const label = formatTick(ns, step);
    const w = ctx.measureText(label).width;
    if (x + w / 2 < width - 4 && x - w / 2 > gutter) ctx.fillText(label, x - w / 2, AXIS / 2 - 2);
  }
  ctx.fillStyle = colours.line;
  ctx.fillRect(0, AXIS - 1, width, 1);
}

function paintCursor(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { cursorNs, gutter, width, height, colours } = scene;
  if (cursorNs < 0) return;
  const x = Math.round(xOf(scene, cursorNs));
  if (x < gutter || x > width) return;
  ctx.fillStyle = colours.accent;
  ctx.fillRect(x, 10, 1.5, height - 10);
  triangle(ctx, x + 0.5, 8, 8);
}
