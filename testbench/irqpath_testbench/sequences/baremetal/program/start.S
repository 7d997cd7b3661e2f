// Where PEs begin, the exception vectors, and calls that leave the machine.
// PE 0 begins at `_start` with x0 = 1 where there is a device that drives wires; the others by PSCI, x0 = their number.

    .section .text.start, "ax"
    .global _start
_start:
    mov     x20, x0
    mov     x21, #0
    b       begin
    .global secondary
secondary:
    mov     x21, x0
    mov     x20, #0
begin:
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    isb
    adrp    x1, stacks
    add     x1, x1, :lo12:stacks
    add     x2, x21, #1
    add     x1, x1, x2, lsl #12         // 4 KB each, growing down
    mov     sp, x1
    mov     x0, x21
    mov     x1, x20
    cbz     x21, 1f
    bl      other_pe
1:  bl      first_pe
2:  wfi
    b       2b

    .balign 2048
vectors:
    .rept   5                           // none of these is expected
    mov     x0, #0
    b       unexpected
    .balign 128
    .endr
    stp     x0, x1, [sp, #-192]!        // IRQ at EL1 with SP_EL1
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x30, [sp, #144]
    b       interrupted
    .balign 128
    .rept   10
    mov     x0, #1
    b       unexpected
    .balign 128
    .endr

interrupted:
    mrs     x0, elr_el1                 // a nested interrupt writes both
    mrs     x1, spsr_el1
    stp     x0, x1, [sp, #160]
    bl      irq
    ldp     x0, x1, [sp, #160]
    msr     elr_el1, x0
    msr     spsr_el1, x1
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x30, [sp, #144]
    ldp     x0, x1, [sp], #192
    eret

// long semihost(long operation, const void *argument): Arm's semihosting
    .global semihost
semihost:
    hlt     #0xf000
    ret

// long psci(long function, long x1, long x2, long x3)
    .global psci
psci:
    hvc     #0
    ret

    .section .bss
    .balign 4096
stacks:
    .skip   4096
    .global stacks_of_pe1
stacks_of_pe1:
    .skip   4096
