// Registers and instructions, for GICV = 2 or 3, at the addresses of QEMU's `virt` machine.
#ifndef GIC_H
#define GIC_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

// Accesses with an address in a register and no write-back, so that who emulates them need not decode more.
static inline u32 read32(u64 at) { u32 v; __asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(at) : "memory"); return v; }
static inline u64 read64(u64 at) { u64 v; __asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(at) : "memory"); return v; }
static inline void write8(u64 at, u32 v) { __asm__ volatile("strb %w0, [%1]" : : "r"(v), "r"(at) : "memory"); }
static inline void write32(u64 at, u32 v) { __asm__ volatile("str %w0, [%1]" : : "r"(v), "r"(at) : "memory"); }
static inline void write64(u64 at, u64 v) { __asm__ volatile("str %0, [%1]" : : "r"(v), "r"(at) : "memory"); }

#define TEXT_(x) #x
#define MRS(name) ({ u64 v_; __asm__ volatile("mrs %0, " name : "=r"(v_) : : "memory"); v_; })
#define MSR(name, value) ({ __asm__ volatile("msr " name ", %0\n\tisb" : : "r"((u64)(value)) : "memory"); })
#define IRQ_ON() __asm__ volatile("msr daifclr, #2\n\tisb" : : : "memory")
#define IRQ_OFF() __asm__ volatile("msr daifset, #2\n\tisb" : : : "memory")
#define DSB() __asm__ volatile("dsb sy" : : : "memory")
#define WFI() __asm__ volatile("wfi" : : : "memory")

#define ICC_PMR "s3_0_c4_c6_0"
#define ICC_IAR1 "s3_0_c12_c12_0"
#define ICC_EOIR1 "s3_0_c12_c12_1"
#define ICC_DIR "s3_0_c12_c11_1"
#define ICC_SGI1R "s3_0_c12_c11_5"
#define ICC_CTLR "s3_0_c12_c12_4"
#define ICC_SRE "s3_0_c12_c12_5"
#define ICC_IGRPEN1 "s3_0_c12_c12_7"

#define GICD 0x08000000ul
#define GICC 0x08010000ul
#define GITS 0x08080000ul
#define GICR(pe) (0x080a0000ul + 0x20000ul * (pe))
// The testbench's device: a write of INTID | PE << 16 | level << 31 drives a wire.
#define WIRES 0x09000000ul

#define SPURIOUS 1023
#define FIRST_LPI 8192

#endif
