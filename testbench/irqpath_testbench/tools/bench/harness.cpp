// The plain C++ side of the benchmark: the same Verilog, the same accesses in the same cycles, no checks and no Python.
// usage: harness STIMULUS; prints "cycles responses checksum cpu_seconds". Built for 4 PEs (testbench/irqpath_testbench/tools/bench/harness.py).
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

#include "Virqpath_top.h"
#include "verilated.h"

namespace {

constexpr int kPes = 4;
constexpr int kPorts = kPes + 2;  // GICD, GICRs, ITS

// One access, as testbench/irqpath_testbench/tools/bench/harness.py writes it: 32 bytes.
struct Access {
    uint64_t cycle;  // it is offered from here on
    uint64_t data;
    uint32_t address;  // of a register port; register encoding of a system register
    uint8_t link;      // 0 to 3: sysreg of that PE; from 8 on: register port
    uint8_t op;        // sysreg: 0 read, 1 write, 2 barrier; register port: 0 read, 1 write
    uint8_t size;      // AxSIZE
    uint8_t unused;
    uint64_t taken;  // its response is taken from here on
};
static_assert(sizeof(Access) == 32, "layout of the stimulus file");

template <class T>
void put(T& vector, int lsb, int width, uint64_t value) {  // vectors of up to 64 bits
    const uint64_t mask = (width == 64 ? ~0ULL : (1ULL << width) - 1) << lsb;
    vector = static_cast<T>((static_cast<uint64_t>(vector) & ~mask) | (value << lsb & mask));
}

template <std::size_t N>
void put(VlWide<N>& vector, int lsb, int width, uint64_t value) {
    for (int bit = 0; bit < width; ++bit) {
        const int at = lsb + bit;
        const EData one = EData{1} << (at % 32);
        vector[at / 32] = value >> bit & 1 ? vector[at / 32] | one : vector[at / 32] & ~one;
    }
}

struct Queue {
    std::vector<Access> accesses;
    std::size_t next = 0;
    bool waiting = false;  // for a response

    bool ready(uint64_t cycle) const { return !waiting || accesses[next - 1].taken <= cycle; }
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: harness STIMULUS\n");
        return 2;
    }
    Queue queues[kPes + kPorts];
    std::FILE* file = std::fopen(argv[1], "rb");
    if (!file) {
        std::fprintf(stderr, "harness: cannot read %s\n", argv[1]);
        return 2;
    }
    uint64_t start = 0;
    if (std::fread(&start, 8, 1, file) != 1) return 2;
    for (Access a; std::fread(&a, sizeof a, 1, file) == 1;) queues[a.link < 8 ? a.link : a.link - 8 + kPes].accesses.push_back(a);
    std::fclose(file);

    Virqpath_top top;
    const std::clock_t began = std::clock();
    uint64_t cycle = start, responses = 0, checksum = 0, quiet = 0;
    top.iri_rst = 1;
    top.pe_rst = (1 << kPes) - 1;
    for (; quiet < 64; ++cycle) {
        if (cycle == start + 4) top.iri_rst = top.pe_rst = 0;
        bool left = false;
        for (int n = 0; n < kPes; ++n) {
            Queue& q = queues[n];
            const bool go = !q.waiting && q.next < q.accesses.size() && q.accesses[q.next].cycle <= cycle;
            left |= q.waiting || q.next < q.accesses.size();
            put(top.sys_valid, n, 1, go);
            put(top.rsp_ready, n, 1, q.ready(cycle));
            if (go) {
                const Access& a = q.accesses[q.next];
                put(top.sys_op, 2 * n, 2, a.op);
                put(top.sys_reg, 16 * n, 16, a.address);
                put(top.sys_data, 64 * n, 64, a.data);
            }
        }
        for (int n = 0; n < kPorts; ++n) {
            Queue& q = queues[kPes + n];
            const bool go = !q.waiting && q.next < q.accesses.size() && q.accesses[q.next].cycle <= cycle;
            left |= q.waiting || q.next < q.accesses.size();
            const Access* a = go ? &q.accesses[q.next] : nullptr;
            put(top.bready, n, 1, q.ready(cycle));
            put(top.rready, n, 1, q.ready(cycle));
            put(top.awvalid, n, 1, go && a->op);
            put(top.wvalid, n, 1, go && a->op);
            put(top.arvalid, n, 1, go && !a->op);
            if (!go) continue;
            put(top.awaddr, 17 * n, 17, a->address);
            put(top.araddr, 17 * n, 17, a->address);
            put(top.awsize, 3 * n, 3, a->size);
            put(top.arsize, 3 * n, 3, a->size);
            put(top.wdata, 64 * n, 64, a->data << 8 * (a->address & 7));
        }
        top.clk = 0;
        top.eval();
        // what is accepted at the edge that comes
        for (int n = 0; n < kPes; ++n) {
            Queue& q = queues[n];
            if (top.rsp_valid >> n & top.rsp_ready >> n & 1) {
                q.waiting = false;
                ++responses;
                checksum = checksum * 31 + top.rsp_data[2 * n] + (static_cast<uint64_t>(top.rsp_data[2 * n + 1]) << 32);
            }
            if (top.sys_valid >> n & top.sys_ready >> n & 1) {
                q.waiting = true;
                ++q.next;
            }
        }
        for (int n = 0; n < kPorts; ++n) {
            Queue& q = queues[kPes + n];
            if ((top.bvalid & top.bready | top.rvalid & top.rready) >> n & 1) {
                q.waiting = false;
                ++responses;
            }
            if ((top.awvalid & top.awready & top.wready) >> n & 1 || (top.arvalid & top.arready) >> n & 1) {
                q.waiting = true;
                ++q.next;
            }
        }
        quiet = left || top.busy ? 0 : quiet + 1;
        top.clk = 1;
        top.eval();
    }
    std::printf("%llu %llu %llu %.6f\n", static_cast<unsigned long long>(cycle - start), static_cast<unsigned long long>(responses),
                static_cast<unsigned long long>(checksum), static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
    return 0;
}
