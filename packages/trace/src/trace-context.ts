/** On whose behalf events are emitted. Whoever runs code on a CPU keeps it up to date. */
export class TraceContext {
  /** CPU. */
  cpu = 0;
  /** Pid of the running task. */
  pid = 0;
  /** String id of its comm. */
  comm = 0;
  /** Context columns, made of the TRACE_FLAG_ bits and depths of flags.ts. */
  flags = 0;
}
