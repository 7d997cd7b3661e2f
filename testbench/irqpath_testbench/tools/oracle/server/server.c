/*
 * The register server: every CPU runs its operations of one common list, in the list's order.
 *
 * The list lies in memory that the host shares. Word `turn` says which operation comes next; the CPU that it names
 * runs it and moves `turn` on, all others wait. The host writes a list while end is 0, then turn, then end.
 * testbench/irqpath_testbench/tools/oracle/qemu.py is the other side: layout and numbers must agree with it.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum { READ_SYSREG = 1, WRITE_SYSREG = 2, LOAD = 3, STORE = 4 };

struct op {
    u8 kind, size, cpu, state; /* state: bits 1:0 exception level, bit 4 Non-secure */
    u32 reg;                   /* index of the system register's stubs */
    u64 address, value;        /* value: operand of a write, result of a read */
    u64 exception;             /* what entry.S recorded; 0 if it simply ran */
    u32 before, after;         /* ISR_EL1 around the operation, exception level in bits 31:30 */
};

struct mailbox {
    volatile u64 turn, end, home;
    volatile u64 ready[8];
    volatile u64 saved_sp[8];
    volatile u64 asynchronous[8]; /* interrupts taken since the last operation began, see entry.S */
    volatile u64 ran[8];          /* operations that a CPU has run */
};

#define MAILBOX ((struct mailbox *)0x41000000)
#define OPS ((struct op *)0x41100000)
#define NOT_RUN (1ul << 62)

register struct op *current asm("x18"); /* entry.S records exceptions in it */

u64 read_sysreg(u64 index);
void write_sysreg(u64 index, u64 value);
u64 load(u64 address, u64 size);
void store(u64 address, u64 size, u64 value);
void descend(u64 cpu, u64 level, u64 home);

static inline u64 level(void)
{
    u64 v;
    asm volatile("mrs %0, CurrentEL" : "=r"(v));
    return v >> 2 & 3;
}

/* Between the list and `turn`: neither the compiler nor the CPU may move one over the other. */
static inline void ordered(void)
{
    asm volatile("dmb sy" : : : "memory");
}

static inline u32 lines(void)
{
    u64 v;
    asm volatile("mrs %0, isr_el1" : "=r"(v) : : "memory");
    return v | level() << 30;
}

static void one(struct op *o)
{
    o->exception = 0;
    current = o;
    o->before = lines();
    switch (o->kind) {
    case READ_SYSREG: o->value = read_sysreg(o->reg); break;
    case WRITE_SYSREG: write_sysreg(o->reg, o->value); break;
    case LOAD: o->value = load(o->address, o->size); break;
    case STORE: store(o->address, o->size, o->value); break;
    }
    o->after = lines();
}

/* Run this CPU's operations of the first one's state until one belongs elsewhere, or an interrupt took us elsewhere. */
void execute(u64 cpu, u64 el)
{
    struct mailbox *m = MAILBOX;
    u8 state = OPS[m->turn].state;
    for (;;) {
        u64 t = m->turn, end = m->end;
        struct op *o = OPS + t;
        ordered();
        if (t >= end || o->cpu != cpu || o->state != state || level() != el || m->turn != t)
            return;
        m->asynchronous[cpu] = 0;
        one(o);
        m->ran[cpu]++;
        ordered();
        m->turn = t + 1;
    }
}

static void security(u64 state)
{
    u64 scr;
    asm volatile("mrs %0, scr_el3" : "=r"(scr));
    scr = (scr & ~1ul) | (state >> 4 & 1);
    asm volatile("msr scr_el3, %0; isb" : : "r"(scr));
}

static void start_others(u64 home)
{
    for (u64 n = 1; n < 8; n++) {
        register u64 x0 asm("x0") = 0xC4000003, x1 asm("x1") = n, x2 asm("x2") = 0x40800000, x3 asm("x3") = 0;
        if (home == 2)
            asm volatile("smc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
        else
            asm volatile("hvc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
        if ((long)x0 < 0)
            return;
    }
}

void server(u64 cpu)
{
    struct mailbox *m = MAILBOX;
    u64 home = level();
    current = OPS;
    if (cpu == 0) {
        m->home = home;
        if (home < 3) /* with EL3 all CPUs start by themselves */
            start_others(home);
    }
    m->ready[cpu] = 0x600d;
    for (;;) {
        u64 t = m->turn, end = m->end;
        struct op *o = OPS + t;
        ordered();
        if (t >= end || o->cpu != cpu || m->turn != t) { /* the last: `t` may be of a list that is over */
            asm volatile("yield" : : : "memory");
            continue;
        }
        u64 el = o->state & 3;
        if (home == 3)
            security(o->state);
        if (el == home) {
            execute(cpu, home);
            continue;
        }
        u64 ran = m->ran[cpu];
        m->asynchronous[cpu] = 0;
        descend(cpu, el, home);
        if (m->ran[cpu] == ran) { /* an interrupt was taken before the first operation could run */
            o->exception = NOT_RUN | m->asynchronous[cpu];
            o->before = o->after = lines();
            ordered();
            m->turn = t + 1;
        }
    }
}
