/** How a machine divides virtual addresses between user and kernel. */
export interface AddressLayout {
  readonly name: string;
  /** First address that is not a user's. @linux TASK_SIZE, TASK_SIZE_MAX */
  readonly taskSize: bigint;
  /** Where the kernel's map of all memory begins. @linux PAGE_OFFSET */
  readonly pageOffset: bigint;
  /** First address of the kernel's half. */
  readonly kernelStart: bigint;
  /** Last address. */
  readonly last: bigint;
}

/** 32 bits with 3 GiB for users, the default: TASK_SIZE is PAGE_OFFSET. @linux arch/x86/include/asm/page_32_types.h */
export const X86_32_3G: AddressLayout = split32(0xc0000000n);
/** The splits of 32 bits that can be configured. @linux arch/x86/Kconfig VMSPLIT */
export const X86_32_SPLITS: readonly AddressLayout[] = [
  X86_32_3G,
  split32(0xb0000000n),
  split32(0x80000000n),
  split32(0x78000000n),
  split32(0x40000000n),
];
/** 64 bits with 4 levels of page tables. @linux arch/x86/include/asm/page_64_types.h */
export const X86_64_4LEVEL: AddressLayout = {
  name: 'x86-64, 4 levels',
  taskSize: 0x7ffffffff000n,
  pageOffset: 0xffff888000000000n,
  kernelStart: 0xffff800000000000n,
  last: 0xffffffffffffffffn,
};
/** 64 bits with 5 levels. */
export const X86_64_5LEVEL: AddressLayout = {
  name: 'x86-64, 5 levels',
  taskSize: 0xfffffffffff000n,
  pageOffset: 0xff11000000000000n,
  kernelStart: 0xff00000000000000n,
  last: 0xffffffffffffffffn,
};
/** Where the kernel's code lies on 64 bits. */
export const KERNEL_TEXT_64 = 0xffffffff80000000n;
/** Where vmalloc() memory lies on 64 bits with 4 levels. */
export const VMALLOC_START_64 = 0xffffc90000000000n;
/** TASK_SIZE of a 32-bit program on 64 bits. */
export const IA32_TASK_SIZE = 0xffffe000n;

function split32(offset: bigint): AddressLayout {
  return {
    name: `x86-32, user below 0x${offset.toString(16)}`,
    taskSize: offset,
    pageOffset: offset,
    kernelStart: offset,
    last: 0xffffffffn,
  };
}

/** Whose an address is. Touching one between the halves of 64 bits is a general protection fault, not a page fault. */
export function addressKind(layout: AddressLayout, addr: bigint): 'user' | 'kernel' | 'non-canonical' {
  if (addr < 0n || addr > layout.last) return 'non-canonical';
  if (addr >= layout.kernelStart) return 'kernel';
  // the last page below the hole is nobody's, but canonical: a page fault
  return addr < layout.taskSize || addr < canonicalEnd(layout) ? 'user' : 'non-canonical';
}

function canonicalEnd(layout: AddressLayout): bigint {
  return layout.taskSize === layout.kernelStart ? layout.taskSize : layout.taskSize + 0x1000n;
}
