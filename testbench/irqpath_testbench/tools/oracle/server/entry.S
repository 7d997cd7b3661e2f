// Start, exception vectors and the way to lower exception levels of the register server (see server.c).
//
// All levels run on the stack of SP_EL0 (EL1t, EL2t, EL3t), so that code which an interrupt takes to a higher level
// simply goes on there. x18 points to the current operation; bits of its field `exception`:
//   bit 55      synchronous exception; bits 57:56 the level that took it, bits 31:0 its ESR. The instruction is skipped.
// An interrupt sets, in the mailbox word asynchronous[cpu], bit 32 + kind (1 IRQ, 2 FIQ, 3 SError) and the level likewise.

    .section .text.start, "ax"
    .global _start
_start:
    mrs     x19, mpidr_el1
    and     x19, x19, #0xff           // at most 8 CPUs: Aff0 is the number
    mov     x0, #0x41000000
    add     x0, x0, #0x20000
    add     x0, x0, x19, lsl #14      // 16 KB of stack a CPU
    msr     spsel, #1
    mov     sp, x0                    // exceptions taken at the home level
    add     x1, x0, #-0x2000
    msr     sp_el0, x1                // everything else
    adr     x0, vectors
    mrs     x2, CurrentEL
    cmp     x2, #(2 << 2)
    b.lo    1f
    b.eq    2f
    msr     vbar_el3, x0
    mov     x1, #0x531                // RW, HCE, RES1, NS
    msr     scr_el3, x1
    msr     cptr_el3, xzr
    add     x3, sp, #-0x1000
    msr     sp_el1, x3
    mrs     x3, id_aa64pfr0_el1
    ubfx    x3, x3, #8, #4
    cbz     x3, 1f
    add     x3, sp, #-0x800
    msr     sp_el2, x3
2:  msr     vbar_el2, x0
    mov     x1, #(1 << 31)            // RW
    msr     hcr_el2, x1
    add     x3, sp, #-0x1000
    msr     sp_el1, x3
1:  msr     vbar_el1, x0
    msr     spsel, #0
    isb
    mov     x0, x19
    bl      server

// void descend(cpu, level, home): run execute(cpu, level) at that level, come back by hvc or smc #0x77.
    .global descend
descend:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    mov     x9, #0x41000000
    add     x9, x9, #(3 + 8) * 8      // saved_sp
    mov     x10, sp
    str     x10, [x9, x0, lsl #3]
    lsl     x3, x1, #2                // M: level, SP_EL0
    orr     x3, x3, #0x3c0            // DAIF
    adr     x4, lower
    mov     x20, x0
    mov     x19, x2
    cmp     x2, #3
    b.eq    1f
    msr     elr_el2, x4
    msr     spsr_el2, x3
    isb
    eret
1:  msr     elr_el3, x4
    msr     spsr_el3, x3
    isb
    eret
lower:
    bl      execute                   // (cpu, level) are still in x0 and x1
    mrs     x3, CurrentEL
    cmp     x19, x3, lsr #2
    b.eq    home                      // an interrupt has brought us there already
    cmp     x19, #3
    b.eq    1f
    hvc     #0x77
1:  smc     #0x77
home:                                 // x20 is the CPU still: execute has kept it
    mov     x9, #0x41000000
    add     x9, x9, #(3 + 8) * 8
    ldr     x10, [x9, x20, lsl #3]
    msr     spsel, #0
    mov     sp, x10
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret

// One access each, ended by a return: that is where a pending interrupt is taken.
    .global load, store
load:
    cmp     x1, #2
    b.lo    1f
    b.eq    2f
    cmp     x1, #4
    b.eq    4f
    ldr     x0, [x0]
    ret
1:  ldrb    w0, [x0]
    ret
2:  ldrh    w0, [x0]
    ret
4:  ldr     w0, [x0]
    ret
store:
    cmp     x1, #2
    b.lo    1f
    b.eq    2f
    cmp     x1, #4
    b.eq    4f
    str     x2, [x0]
    ret
1:  strb    w2, [x0]
    ret
2:  strh    w2, [x0]
    ret
4:  str     w2, [x0]
    ret

    .global read_sysreg, write_sysreg
read_sysreg:
    adr     x1, stubs
    add     x1, x1, x0, lsl #5
    br      x1
write_sysreg:
    adr     x2, stubs + 8
    add     x2, x2, x0, lsl #5
    mov     x0, x1
    br      x2

    .balign 32
stubs:                                // a register: mrs; ret; msr; isb; ret; nop; nop; nop
#include "stubs.inc"

    .balign 2048
vectors:
    .set    kind, 0
    .rept   16
    .balign 128
    stp     x0, x1, [sp, #-32]!
    stp     x2, x3, [sp, #16]
    mov     x0, #(kind & 3)
    b       taken
    .set    kind, kind + 1
    .endr

taken:                                // x0: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError
    mrs     x1, CurrentEL
    cbnz    x0, interrupt
    cmp     x1, #(2 << 2)
    b.hi    3f
    b.eq    2f
    mrs     x2, esr_el1
    mrs     x3, elr_el1
    b       4f
2:  mrs     x2, esr_el2
    mrs     x3, elr_el2
    b       4f
3:  mrs     x2, esr_el3
    mrs     x3, elr_el3
4:  lsr     x0, x2, #26
    cmp     x0, #0x16                 // HVC
    b.eq    5f
    cmp     x0, #0x17                 // SMC
    b.ne    6f
5:  and     x0, x2, #0xffff
    cmp     x0, #0x77
    b.ne    6f
    add     sp, sp, #32
    b       home
6:  and     x2, x2, #0xffffffff
    orr     x2, x2, #(1 << 55)
    lsl     x0, x1, #56 - 2
    orr     x2, x2, x0
    str     x2, [x18, #24]
    add     x3, x3, #4
    cmp     x1, #(2 << 2)
    b.hi    3f
    b.eq    2f
    msr     elr_el1, x3
    b       9f
2:  msr     elr_el2, x3
    b       9f
3:  msr     elr_el3, x3
9:  ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp], #32
    eret

interrupt:                            // record it, and go on at this level with everything masked
    mov     x3, #1
    lsl     x3, x3, x0
    lsl     x3, x3, #32
    lsl     x0, x1, #56 - 2
    orr     x3, x3, x0
    mrs     x0, mpidr_el1
    and     x0, x0, #0xff
    mov     x2, #0x41000000
    add     x2, x2, #(3 + 8 + 8) * 8  // asynchronous
    add     x2, x2, x0, lsl #3
    ldr     x0, [x2]
    orr     x0, x0, x3
    str     x0, [x2]
    orr     x0, x1, #0x3c0            // SP_EL0 of this level, DAIF
    cmp     x1, #(2 << 2)
    b.hi    3f
    b.eq    2f
    msr     spsr_el1, x0
    b       9b
2:  msr     spsr_el2, x0
    b       9b
3:  msr     spsr_el3, x0
    b       9b
