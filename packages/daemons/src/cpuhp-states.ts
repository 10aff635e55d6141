// How far a CPU has come up: the states of Linux that have something to do here, with their numbers on x86-64, as traces
// show them. Up to CPUHP_BRINGUP_CPU another CPU acts for it, in between it acts itself with interrupts off, and from
// CPUHP_AP_ONLINE_IDLE on its thread cpuhp/N does. Linux: include/linux/cpuhotplug.h enum cpuhp_state

/** The CPU is off. */
export const CPUHP_OFFLINE = 0;
/** Its threads are made, parked. */
export const CPUHP_CREATE_THREADS = 1;
/** On the way down: its softirqs are taken over. */
export const CPUHP_SOFTIRQ_DEAD = 15;
/** Its worker pools get a worker each. */
export const CPUHP_WORKQUEUE_PREP = 38;
/** RCU knows of it. */
export const CPUHP_RCUTREE_PREP = 45;
/** Its timer wheels are made; on the way down, taken over. */
export const CPUHP_TIMERS_PREPARE = 61;
/** First of those that others may register, run by another CPU. */
export const CPUHP_BP_PREPARE_DYN = 64;
/** Last of those from {@link CPUHP_BP_PREPARE_DYN} on. */
export const CPUHP_BP_PREPARE_DYN_END = 84;
/** It is started; on the way down, what it borrowed is given back. */
export const CPUHP_BRINGUP_CPU = 86;
/** Its idle loop has stopped for good. */
export const CPUHP_AP_IDLE_DEAD = 87;
/** It is about to stop; nothing is left but its idle loop. */
export const CPUHP_AP_OFFLINE = 88;
/** The scheduler takes it in, or lets it go. */
export const CPUHP_AP_SCHED_STARTING = 90;
/** On the way down: calls that others sent are made. */
export const CPUHP_AP_SMPCFD_DYING = 139;
/** On the way down: its hrtimers move. */
export const CPUHP_AP_HRTIMERS_DYING = 140;
/** On the way down: its tick ends. */
export const CPUHP_AP_TICK_DYING = 141;
/** It is online, interrupts are on. */
export const CPUHP_AP_ONLINE = 144;
/** On the way down: another CPU takes it down. */
export const CPUHP_TEARDOWN_CPU = 145;
/** It idles, and its stopper runs. */
export const CPUHP_AP_ONLINE_IDLE = 146;
/** On the way down: every task that may leave has left. */
export const CPUHP_AP_SCHED_WAIT_EMPTY = 149;
/** Its threads run, or are parked. */
export const CPUHP_AP_SMPBOOT_THREADS = 150;
/** It runs the timers of others, and others run its timers. */
export const CPUHP_AP_TMIGR_ONLINE = 186;
/** The soft-lockup watchdog looks after it. */
export const CPUHP_AP_WATCHDOG_ONLINE = 187;
/** Its workers are at home. */
export const CPUHP_AP_WORKQUEUE_ONLINE = 188;
/** First of those that others may register, run by the CPU itself. */
export const CPUHP_AP_ONLINE_DYN = 192;
/** Last of those from {@link CPUHP_AP_ONLINE_DYN} on. */
export const CPUHP_AP_ONLINE_DYN_END = 232;
/** Any task may run there. */
export const CPUHP_AP_ACTIVE = 235;
/** Everything is done. */
export const CPUHP_ONLINE = 236;
