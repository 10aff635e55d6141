export { EVENTS } from './catalog.ts';
export { writeChromeJson } from './chrome-json.ts';
export { EventDef, MAX_FIELDS, type FieldDef, type FieldTypes } from './event-def.ts';
export * from './events.ts';
export {
  BOOL,
  DECIMAL,
  DECIMAL_3,
  HEX,
  POINTER,
  STRING,
  bits,
  explained,
  words,
  type FieldType,
} from './field-types.ts';
export {
  TRACE_FLAG_BH_OFF,
  TRACE_FLAG_HARDIRQ,
  TRACE_FLAG_IRQS_OFF,
  TRACE_FLAG_NEED_RESCHED,
  TRACE_FLAG_NMI,
  TRACE_FLAG_PREEMPT_RESCHED,
  TRACE_FLAG_SOFTIRQ,
  TRACE_MIGRATE_SHIFT,
  TRACE_PREEMPT_SHIFT,
  flagsText,
  parseFlags,
} from './flags.ts';
export { kernelText } from './kernel-text.ts';
export { isKernelThreadName } from './kernel-thread-names.ts';
export { parsePerfLine, parseTraceCmdLine, parseTracefsLine } from './line-formats.ts';
export { writePerfetto, type BinaryOutput } from './perfetto.ts';
export type { LostEvents, TraceHole } from './other-lines.ts';
export { Probe } from './probe.ts';
export { ReadTraceEvent } from './read-event.ts';
export { AT, COMM, CPU, EVENT, FLAGS, PID, RECORD_SIZE, VALUES, type RecordSink } from './record.ts';
export { TraceRecorder, TraceRing, type RecordList } from './ring.ts';
export { StringTable, type Texts } from './string-table.ts';
export { TraceContext } from './trace-context.ts';
export { SimTraceEvent, isEvent, type TraceEvent } from './trace-event.ts';
export { TraceReader, readTrace, type ParsedTrace, type TraceFormat, type TraceReadError } from './trace-reader.ts';
export { TraceHub } from './trace-hub.ts';
export { TraceSelection } from './trace-selection.ts';
export {
  TracefsTextSink,
  formatTrace,
  traceHeader,
  traceLine,
  writeTrace,
  writeTraceLines,
  type TextOutput,
} from './tracefs-text.ts';
