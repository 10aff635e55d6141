import type { MaySleep } from '@kernel-model/sim';
import { mightSleep } from '@kernel-model/scheduler';
import { X86_64_4LEVEL, addressKind } from './address-layout.ts';
import { PAGE_SIZE, type Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { oops } from './oops.ts';
import { useAfterExit } from './use-mm.ts';
import { touchPages, vmaLookup } from './user-memory.ts';

/** What kernel code does with an address. */
export type AccessKind = 'read' | 'write' | 'fetch';

const PF_PROT = 1;
const PF_WRITE = 2;
const PF_INSTR = 16;

/**
 * Kernel code uses a user address as if it were its own (a plain load or store). With SMAP that is an oops. Without,
 * a kernel thread gets at whatever process's page tables it has borrowed, if the page is present there.
 * @param addr a user address, or one that is nobody's
 * @param content what a write leaves in the page
 * @returns the content of the page; does not return after an oops
 * @linux arch/x86/mm/fault.c do_user_addr_fault()
 */
export function* plainAccess(ms: MmSubsystem, addr: bigint, kind: AccessKind = 'read', content = 0): MaySleep<number> {
  const where = addressKind(X86_64_4LEVEL, addr);
  if (where === 'kernel') return 0;
  if (where === 'non-canonical') {
    const text = `Oops: general protection fault, probably for non-canonical address 0x${addr.toString(16)}`;
    return yield* oops(ms, [text]);
  }
  const mm = ms.tlb[ms.s.cpu]!.loadedMm;
  const page = Math.floor(Number(addr) / PAGE_SIZE);
  const present = mm.pages.has(page);
  if (ms.smap || kind === 'fetch') return yield* pageFaultOops(ms, addr, kind, present);
  if (!present && !(yield* demandFault(ms, Number(addr)))) return yield* pageFaultOops(ms, addr, kind, false);
  if (kind === 'write') mm.pages.set(page, content);
  return mm.pages.get(page)!;
}

/** @linux arch/x86/mm/fault.c page_fault_oops(), show_fault_oops() */
function pageFaultOops(ms: MmSubsystem, addr: bigint, kind: AccessKind, present: boolean): MaySleep<never> {
  const code = (present ? PF_PROT : 0) | (kind === 'write' ? PF_WRITE : kind === 'fetch' ? PF_INSTR : 0);
  const shown = addr.toString(16).padStart(16, '0');
  const what =
    addr < BigInt(PAGE_SIZE)
      ? `BUG: kernel NULL pointer dereference, address: ${shown}`
      : `BUG: unable to handle page fault for address: ${shown}`;
  const how = kind === 'fetch' ? 'instruction fetch' : `${kind} access`;
  return oops(ms, [
    what,
    `#PF: supervisor ${how} in kernel mode`,
    `#PF: error_code(0x${code.toString(16).padStart(4, '0')}) - ${present ? 'permissions violation' : 'not-present page'}`,
  ]);
}

/** A page that is not there but mapped comes in, if the current task has an mm. @returns whether it did */
function* demandFault(ms: MmSubsystem, addr: number): MaySleep<boolean> {
  const mm = ms.mmOf(ms.s.current);
  if (mm === null) return false;
  checkUsers(ms, mm);
  yield* mightSleep(ms.s);
  if (vmaLookup(mm, addr) === null) return false;
  touchPages(mm, addr, 1, 0);
  return true;
}

function checkUsers(ms: MmSubsystem, mm: Mm): void {
  if (mm.users === 0) throw useAfterExit(ms, mm);
}

/** What a copy from user memory brought. */
export interface UserCopy {
  /** Bytes that were not copied: 0 is success. The end of the destination is zeroed then. */
  readonly left: number;
  /** Content of the pages that were read, in order. */
  readonly pages: readonly number[];
}

/**
 * Copy from user memory the way the kernel should. A kernel thread without an mm gets, silently, the bytes of whatever
 * process it has borrowed, as far as pages are present; with kthread_use_mm() missing pages come in.
 * @throws UsageError MM_USE_AFTER_EXIT if the task's mm has no user any more
 * @linux include/linux/uaccess.h copy_from_user()
 */
export function* copyFromUser(ms: MmSubsystem, addr: bigint, bytes: number): MaySleep<UserCopy> {
  const pages: number[] = [];
  if (addressKind(X86_64_4LEVEL, addr) !== 'user') return { left: bytes, pages };
  const own = ms.mmOf(ms.s.current);
  if (own !== null) checkUsers(ms, own);
  const start = Number(addr);
  for (let page = Math.floor(start / PAGE_SIZE); page * PAGE_SIZE < start + bytes; page++) {
    const at = Math.max(start, page * PAGE_SIZE);
    const mm = ms.tlb[ms.s.cpu]!.loadedMm;
    if (!mm.pages.has(page) && !(yield* demandFault(ms, at))) return { left: start + bytes - at, pages };
    pages.push(ms.tlb[ms.s.cpu]!.loadedMm.pages.get(page)!);
  }
  return { left: 0, pages };
}
