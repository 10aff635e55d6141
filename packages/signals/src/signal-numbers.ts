// Signal numbers of x86. @linux include/uapi/asm-generic/signal.h

/** Hangup. */
export const SIGHUP = 1;
/** Interrupt from the keyboard. */
export const SIGINT = 2;
/** Quit from the keyboard. */
export const SIGQUIT = 3;
/** Illegal instruction. */
export const SIGILL = 4;
/** Breakpoint. */
export const SIGTRAP = 5;
/** Abort. */
export const SIGABRT = 6;
/** Bad memory access. */
export const SIGBUS = 7;
/** Arithmetic error. */
export const SIGFPE = 8;
/** Kill; cannot be caught. */
export const SIGKILL = 9;
/** First free to use. */
export const SIGUSR1 = 10;
/** Invalid memory reference. */
export const SIGSEGV = 11;
/** Second free to use. */
export const SIGUSR2 = 12;
/** Nobody reads the pipe. */
export const SIGPIPE = 13;
/** Alarm clock. */
export const SIGALRM = 14;
/** Please end. */
export const SIGTERM = 15;
/** Not used. */
export const SIGSTKFLT = 16;
/** A child stopped or ended. */
export const SIGCHLD = 17;
/** Go on after a stop. */
export const SIGCONT = 18;
/** Stop; cannot be caught. */
export const SIGSTOP = 19;
/** Stop from the keyboard. */
export const SIGTSTP = 20;
/** A background process wants to read the terminal. */
export const SIGTTIN = 21;
/** A background process wants to write to the terminal. */
export const SIGTTOU = 22;
/** Urgent data. */
export const SIGURG = 23;
/** CPU time limit. */
export const SIGXCPU = 24;
/** File size limit. */
export const SIGXFSZ = 25;
/** Virtual alarm clock. */
export const SIGVTALRM = 26;
/** Profiling timer. */
export const SIGPROF = 27;
/** The terminal changed its size. */
export const SIGWINCH = 28;
/** Input or output is possible. */
export const SIGIO = 29;
/** Power failure. */
export const SIGPWR = 30;
/** Bad system call. */
export const SIGSYS = 31;
/** First real-time signal. */
export const SIGRTMIN = 32;
/** Number of signals; the last one is 64. */
export const NSIG = 64;

const NAMES: readonly string[] = [
  ...[
    '',
    'HUP',
    'INT',
    'QUIT',
    'ILL',
    'TRAP',
    'ABRT',
    'BUS',
    'FPE',
    'KILL',
    'USR1',
    'SEGV',
    'USR2',
    'PIPE',
    'ALRM',
    'TERM',
  ],
  ...[
    'STKFLT',
    'CHLD',
    'CONT',
    'STOP',
    'TSTP',
    'TTIN',
    'TTOU',
    'URG',
    'XCPU',
    'XFSZ',
    'VTALRM',
    'PROF',
    'WINCH',
    'IO',
    'PWR',
    'SYS',
  ],
];

/** `SIGTERM` for 15; real-time signals are `SIGRTMIN+n`. */
export function signalName(sig: number): string {
  if (sig >= SIGRTMIN) return sig === SIGRTMIN ? 'SIGRTMIN' : `SIGRTMIN+${sig - SIGRTMIN}`;
  return `SIG${NAMES[sig] ?? '?'}`;
}

/** The number of `SIGTERM`, `TERM` or `15`; -1 if there is no such signal. */
export function signalNumber(name: string): number {
  if (/^\d+$/.test(name)) return validSignal(Number(name)) ? Number(name) : -1;
  const bare = name.replace(/^SIG/, '');
  const rt = /^RTMIN(?:\+(\d+))?$/.exec(bare);
  if (rt !== null) return SIGRTMIN + Number(rt[1] ?? 0) <= NSIG ? SIGRTMIN + Number(rt[1] ?? 0) : -1;
  return bare === '' ? -1 : NAMES.indexOf(bare);
}

/** 0 (a probe) .. 64. @linux include/linux/signal.h valid_signal() */
export function validSignal(sig: number): boolean {
  return sig >= 0 && sig <= NSIG;
}

/** Signals that nobody but the kernel handles: SIGKILL, SIGSTOP. @linux include/linux/signal.h sig_kernel_only() */
export function sigKernelOnly(sig: number): boolean {
  return sig === SIGKILL || sig === SIGSTOP;
}

/** Signals whose default action is to stop. @linux include/linux/signal.h sig_kernel_stop() */
export function sigKernelStop(sig: number): boolean {
  return sig === SIGSTOP || sig === SIGTSTP || sig === SIGTTIN || sig === SIGTTOU;
}

/** Signals whose default action is nothing. @linux include/linux/signal.h sig_kernel_ignore() */
export function sigKernelIgnore(sig: number): boolean {
  return sig === SIGCONT || sig === SIGCHLD || sig === SIGWINCH || sig === SIGURG;
}

const COREDUMP: readonly number[] = [
  SIGQUIT,
  SIGILL,
  SIGTRAP,
  SIGABRT,
  SIGFPE,
  SIGSEGV,
  SIGBUS,
  SIGSYS,
  SIGXCPU,
  SIGXFSZ,
];

/** Signals whose default action is to terminate with a core dump. @linux include/linux/signal.h sig_kernel_coredump() */
export function sigKernelCoredump(sig: number): boolean {
  return COREDUMP.includes(sig);
}
