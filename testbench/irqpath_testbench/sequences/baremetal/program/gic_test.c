// A test of an interrupt controller, as bare metal runs it: two PEs, GICV = 2 or 3. Each step says what it expects; the first that
// gets something else is printed by semihosting, and is the exit status.
#include "gic.h"

long semihost(long operation, const void *argument);
long psci(long function, long x1, long x2, long x3);
void secondary(void);

#define SYS_WRITE0 0x04
#define SYS_EXIT 0x18
#define APPLICATION_EXIT 0x20026
#define CPU_ON 0xc4000003

enum { SELF = 1, THERE = 2, BACK = 3, PPI = 27, LOW = 40, MIDDLE = 41, HIGH = 42, OTHER = 43, LOWEST = 44 };
#define BEGIN(intid) (intid)
#define END(intid) ((intid) | 1 << 24)

// What each PE's handler saw, in order: the acknowledged value, and the end of each.
static volatile u32 seen[2][32];
static volatile u32 count[2];
static volatile u32 spurious;
static volatile u32 ready;
static volatile u32 nest;    // the handler of LOW lets others in
static volatile u32 eoimode; // of PE 0
static u64 has_wires;

static void text(const char *words) { semihost(SYS_WRITE0, words); }

static void number(u64 value)
{
    char digits[19], *at = digits + 18;
    *at = 0;
    do {
        *--at = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    *--at = 'x';
    *--at = '0';
    text(at);
}

static void stop(u64 status)
{
    u64 block[2] = {APPLICATION_EXIT, status};
    semihost(SYS_EXIT, block);
    for (;;)
        WFI();
}

static void expect(const char *step, u64 expected, u64 got)
{
    if (expected == got)
        return;
    text("FAIL ");
    text(step);
    text(": expected ");
    number(expected);
    text(", got ");
    number(got);
    text("\n");
    stop(1);
}

void unexpected(u64 vector)
{
    expect("exception that nobody asked for, vector", ~0ul, vector);
}

// --- CPU interface ------------------------------------------------------------------------------------------------------------

static u32 pe_number(void)
{
    u64 sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    extern u8 stacks_of_pe1[];
    return sp > (u64)stacks_of_pe1;
}

#if GICV == 2
static u32 acknowledge(void) { return read32(GICC + 0x0c); }
static void end(u32 iar) { write32(GICC + 0x10, iar); }
static void deactivate(u32 iar) { write32(GICC + 0x1000, iar); }
static void mask(u32 priority) { write32(GICC + 0x04, priority); }
static void set_eoimode(u32 mode) { write32(GICC + 0x00, 1 | mode << 9); eoimode = mode; }
static void send_sgi(u32 intid, u32 pe) { DSB(); write32(GICD + 0xf00, 0x10000u << pe | intid); }
static u32 sgi_from(u32 intid, u32 pe) { return intid | pe << 10; }
static u32 ppis_pending(u32 pe) { (void)pe; return read32(GICD + 0x200); }
#else
static u32 acknowledge(void) { return MRS(ICC_IAR1); }
static void end(u32 iar) { MSR(ICC_EOIR1, iar); }
static void deactivate(u32 iar) { MSR(ICC_DIR, iar); }
static void mask(u32 priority) { MSR(ICC_PMR, priority); }
static void set_eoimode(u32 mode) { MSR(ICC_CTLR, mode << 1); eoimode = mode; }
static void send_sgi(u32 intid, u32 pe) { DSB(); MSR(ICC_SGI1R, (u64)intid << 24 | 1u << pe); }
static u32 sgi_from(u32 intid, u32 pe) { (void)pe; return intid; }
static u32 ppis_pending(u32 pe) { return read32(GICR(pe) + 0x10200); }
#endif

static void set_up_pe(u32 pe)
{
#if GICV == 2
    (void)pe;
    for (u32 n = 0; n < 32; n += 4)
        write32(GICD + 0x400 + n, 0x80808080);
    write32(GICD + 0x100, 0xffffffff);
    set_eoimode(0);
#else
    write32(GICR(pe) + 0x14, 0); // GICR_WAKER
    while (read32(GICR(pe) + 0x14) & 4)
        ;
    write32(GICR(pe) + 0x10080, 0xffffffff);
    for (u32 n = 0; n < 32; n += 4)
        write32(GICR(pe) + 0x10400 + n, 0x80808080);
    write32(GICR(pe) + 0x10100, 0xffffffff);
    MSR(ICC_SRE, 7);
    MSR(ICC_CTLR, 0);
    MSR(ICC_IGRPEN1, 1);
#endif
    mask(0xf8);
}

// --- Distributor --------------------------------------------------------------------------------------------------------------

static void pend(u32 intid) { write32(GICD + 0x200 + intid / 32 * 4, 1u << intid % 32); DSB(); }
static u32 active(u32 intid) { return read32(GICD + 0x300 + intid / 32 * 4) >> intid % 32 & 1; }
static u32 pending(u32 intid) { return read32(GICD + 0x200 + intid / 32 * 4) >> intid % 32 & 1; }

static void spi(u32 intid, u32 priority, u32 pe)
{
    u64 config = GICD + 0xc00 + intid / 16 * 4;
    write32(config, read32(config) | 2u << intid % 16 * 2); // edge
    write8(GICD + 0x400 + intid, priority);
#if GICV == 2
    write8(GICD + 0x800 + intid, 1u << pe);
#else
    u64 group = GICD + 0x80 + intid / 32 * 4;
    write32(group, read32(group) | 1u << intid % 32);
    write64(GICD + 0x6000 + 8 * intid, pe);
#endif
    write32(GICD + 0x100 + intid / 32 * 4, 1u << intid % 32);
}

// --- handlers -----------------------------------------------------------------------------------------------------------------

static void note(u32 pe, u32 what)
{
    seen[pe][count[pe] % 32] = what;
    DSB();
    count[pe]++;
}

// Times that something is looked at that must come: few where time passes by instructions, many where another thread is to do it.
static u32 patience(void) { return has_wires ? 20000 : 1u << 29; }

static void wait_for(u32 pe, u32 number_of)
{
    for (u32 n = patience(); n && count[pe] < number_of; n--)
        ;
}

// As long as something that must not come would take to come.
static void nothing_for(u32 pe)
{
    for (volatile u32 n = 0; n < 500 && !count[pe]; n++)
        ;
}

void irq(void)
{
    u32 pe = pe_number(), iar = acknowledge(), intid = iar & 0xffffff;
#if GICV == 2
    intid = iar & 0x3ff;
#endif
    if (intid == SPURIOUS) { // what interrupted has gone meanwhile
        spurious++;
        return;
    }
    note(pe, BEGIN(iar));
    if (intid == PPI) {
        write32(WIRES, PPI | pe << 16);
        while (ppis_pending(pe) >> PPI & 1) // an end of interrupt that overtakes the wire lets it come again
            ;
    }
    if (intid == THERE)
        send_sgi(BACK, 0);
    if (intid == LOW && nest) {
        u32 before = count[pe];
        pend(LOWEST); // must wait
        pend(HIGH);   // comes in between
        IRQ_ON();
        wait_for(pe, before + 2);
        IRQ_OFF();
    }
    end(iar);
    note(pe, END(intid));
}

void other_pe(u64 pe)
{
    set_up_pe(pe);
    IRQ_ON();
    ready = 1;
    for (;;)
        WFI();
}

// --- steps --------------------------------------------------------------------------------------------------------------------

static void forget(void)
{
    count[0] = count[1] = 0;
    DSB();
}

// PE `pe` handled just this one.
static void handled(const char *step, u32 pe, u32 iar, u32 intid)
{
    wait_for(pe, 2);
    expect(step, BEGIN(iar), count[pe] > 0 ? seen[pe][0] : ~0u);
    expect(step, END(intid), count[pe] > 1 ? seen[pe][1] : ~0u);
    expect(step, 2, count[pe]);
    forget();
}

static void sgis(void)
{
    send_sgi(SELF, 0);
    handled("SGI to this PE", 0, sgi_from(SELF, 0), SELF);
    send_sgi(THERE, 1);
    wait_for(0, 2);
    wait_for(1, 2);
    expect("SGI to the other PE", BEGIN(sgi_from(THERE, 0)), count[1] ? seen[1][0] : ~0u);
    count[1] = 0;
    handled("SGI from the other PE", 0, sgi_from(BACK, 1), BACK);
}

static void ppi(void)
{
    if (!has_wires)
        return;
    write32(WIRES, PPI | 1u << 31);
    handled("PPI", 0, PPI, PPI);
    write32(WIRES, PPI | 1u << 31 | 1u << 16);
    handled("PPI of the other PE", 1, PPI, PPI);
}

static void priorities(void)
{
    static const u32 order[] = {BEGIN(HIGH), END(HIGH), BEGIN(MIDDLE), END(MIDDLE), BEGIN(LOW), END(LOW)};
    IRQ_OFF();
    pend(LOW);
    pend(HIGH);
    pend(MIDDLE);
    IRQ_ON();
    wait_for(0, 6);
    for (u32 n = 0; n < 6; n++)
        expect("SPIs in the order of their priorities", order[n], n < count[0] ? seen[0][n] : ~0u);
    forget();
    pend(OTHER);
    handled("SPI that is routed to the other PE", 1, OTHER, OTHER);
}

static void preemption(void)
{
    static const u32 order[] = {
        BEGIN(LOW), BEGIN(HIGH), END(HIGH), END(LOW), BEGIN(LOWEST), END(LOWEST),
    };
    nest = 1;
    pend(LOW);
    wait_for(0, 6);
    nest = 0;
    for (u32 n = 0; n < 6; n++)
        expect("preemption", order[n], n < count[0] ? seen[0][n] : ~0u);
    forget();
}

static void priority_mask(void)
{
    mask(0x60);
    pend(MIDDLE);
    expect("masked SPI is pending", 1, pending(MIDDLE));
    nothing_for(0);
    expect("masked SPI is not signalled", 0, count[0]);
    mask(0xf8);
    handled("SPI that is not masked any more", 0, MIDDLE, MIDDLE);
}

static void split_end(void)
{
    set_eoimode(1);
    pend(MIDDLE);
    handled("EOImode 1", 0, MIDDLE, MIDDLE);
    expect("EOImode 1: it stays active", 1, active(MIDDLE));
    pend(MIDDLE);
    nothing_for(0);
    expect("EOImode 1: while it is active it does not come again", 0, count[0]);
    deactivate(MIDDLE);
    handled("EOImode 1: deactivated, it comes again", 0, MIDDLE, MIDDLE);
    deactivate(MIDDLE);
    expect("EOImode 1: deactivated", 0, active(MIDDLE));
    set_eoimode(0);
}

#if GICV == 3
#define DEVICES 0x40300000ul
#define COLLECTIONS 0x40310000ul
#define QUEUE 0x40320000ul
#define ITT 0x40330000ul
#define CONFIGURATION 0x40340000ul
#define PENDING(pe) (0x40350000ul + 0x10000ul * (pe))
#define VALID (1ul << 63)
#define DEVICE 2ul

static u32 written; // bytes in the queue

static void command(u64 w0, u64 w1, u64 w2)
{
    write64(QUEUE + written, w0);
    write64(QUEUE + written + 8, w1);
    write64(QUEUE + written + 16, w2);
    write64(QUEUE + written + 24, 0);
    written += 32;
}

static void carry_out(const char *step)
{
    DSB();
    write64(GITS + 0x88, written);
    for (u32 n = 0; n < 2000 && read64(GITS + 0x90) != written; n++)
        ;
    expect(step, written, read64(GITS + 0x90));
}

static u64 rdbase(u32 pe)
{
    return read64(GITS + 0x08) >> 19 & 1 ? GICR(pe) : (read64(GICR(pe) + 0x08) >> 8 & 0xffff) << 16;
}

static void lpis(void)
{
    for (u32 n = 0; n < 2; n++)
        write8(CONFIGURATION + n, 0xa1);
    for (u32 pe = 0; pe < 2; pe++) {
        write64(GICR(pe) + 0x70, CONFIGURATION | 13);
        write64(GICR(pe) + 0x78, PENDING(pe) | 1ul << 62);
        write32(GICR(pe), 1);
    }
    write64(GITS + 0x100, DEVICES | VALID | 2 << 8); // pages of 64 KB
    write64(GITS + 0x108, COLLECTIONS | VALID | 2 << 8);
    write64(GITS + 0x80, QUEUE | VALID);
    write32(GITS, 1);

    command(0x08 | DEVICE << 32, 4, ITT | VALID); // MAPD, 5 bits of EventID
    for (u64 pe = 0; pe < 2; pe++)
        command(0x09, 0, pe | rdbase(pe) | VALID);                       // MAPC
    command(0x0a | DEVICE << 32, 0 | (u64)FIRST_LPI << 32, 0);           // MAPTI
    command(0x0a | DEVICE << 32, 1 | (u64)(FIRST_LPI + 1) << 32, 1);
    carry_out("ITS: mapping");
    command(0x03 | DEVICE << 32, 0, 0); // INT
    carry_out("ITS: INT");
    handled("LPI", 0, FIRST_LPI, FIRST_LPI);
    command(0x03 | DEVICE << 32, 1, 0);
    carry_out("ITS: INT");
    handled("LPI of the other PE", 1, FIRST_LPI + 1, FIRST_LPI + 1);
    command(0x01 | DEVICE << 32, 0, 1); // MOVI
    command(0x03 | DEVICE << 32, 0, 0);
    carry_out("ITS: MOVI");
    handled("LPI that was moved", 1, FIRST_LPI, FIRST_LPI);
}
#endif

void first_pe(u64 pe, u64 wires)
{
    has_wires = wires;
#if GICV == 2
    expect("GICD_PIDR2.ArchRev", 2, read32(GICD + 0xfe8) >> 4 & 15);
    write32(GICD, 1);
#else
    expect("GICD_PIDR2.ArchRev", 3, read32(GICD + 0xffe8) >> 4 & 15);
    write32(GICD, 1 << 4 | 1 << 1);
#endif
    set_up_pe(pe);
    spi(LOW, 0xa0, 0);
    spi(MIDDLE, 0x60, 0);
    spi(HIGH, 0x20, 0);
    spi(OTHER, 0x60, 1);
    spi(LOWEST, 0xc0, 0);
    IRQ_ON();
    expect("PSCI CPU_ON", 0, psci(CPU_ON, 1, (long)secondary, 1));
    for (u32 n = patience(); n && !ready; n--)
        ;
    expect("the other PE is up", 1, ready);
    sgis();
    ppi();
    priorities();
    preemption();
    priority_mask();
    split_end();
#if GICV == 3
    lpis();
#endif
    expect("no more than 8 spurious interrupts", 1, spurious <= 8);
    text("PASS\n");
    stop(0);
}
