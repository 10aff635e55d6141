export { checkKthreads } from './check-kthreads.ts';
export { kthreadBind, kthreadBindMask, kthreadSetPerCpu } from './bind.ts';
export { kthreadData } from './checks.ts';
export { KthreadCreateInfo, isErr, kthreadCreate, kthreadCreateOnCpu, kthreadRun, kthreadRunOnCpu } from './create.ts';
export { kthreadCompleteAndExit, kthreadExit } from './exit.ts';
export { kthreadFreezableShouldStop } from './freezable.ts';
export {
  KTHREAD_IS_PER_CPU,
  KTHREAD_SHOULD_PARK,
  KTHREAD_SHOULD_STOP,
  Kthread,
  Kthreads,
  getKthreadComm,
  kthreadFunc,
  kthreadIsPerCpu,
  kthreadProbeData,
  toKthread,
  type KthreadAlloc,
  type ThreadFn,
} from './kthread.ts';
export { kernelThread, kthreadd } from './kthreadd.ts';
export { kthreadPark, kthreadParkme, kthreadUnpark } from './park.ts';
export {
  Smpboot,
  smpbootCreateThreads,
  smpbootParkThreads,
  smpbootRegisterPercpuThread,
  smpbootUnparkThreads,
  smpbootUnregisterPercpuThread,
  type SmpHotplugThread,
} from './smpboot.ts';
export { kthreadShouldPark, kthreadShouldStop, kthreadShouldStopOrPark, kthreadStop, kthreadStopPut } from './stop.ts';
