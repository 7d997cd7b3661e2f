// A network device by DPDK's vhost library: whatever the driver sends by its transmit queue comes back by its receive queue.
// With nothing to send it asks for a notification and sleeps until it comes, so that a driver that does not notify is found out.
// It does not sleep while it lacks receive buffers: DPDK asks to hear of the next one after those it has used, and where some
// are there, but too few for the frame, that one has come already.
// usage: vhost_device SOCKET. Runs until its standard input closes; prints one line when the device is there.

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_vhost.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { RX = 0, TX = 1, BURST = 32 };
static atomic_int device = -1;

static int on_new(int vid)
{
	atomic_store(&device, vid);
	return 0;
}

static void on_destroy(int vid)
{
	(void)vid;
	atomic_store(&device, -1);
	usleep(20000); // the loop below must have left the device's memory
}

static const struct rte_vhost_device_ops ops = { .new_device = on_new, .destroy_device = on_destroy };

// Sleep until the driver notifies `queue`, the device goes away, or nobody needs us any more (false).
static int notified(int vid, uint16_t queue)
{
	struct rte_vhost_vring vring;
	uint64_t count;

	if (rte_vhost_get_vhost_vring(vid, queue, &vring))
		return 1;
	while (atomic_load(&device) == vid) {
		struct pollfd wake[] = { { .fd = vring.kickfd, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
		if (poll(wake, 2, 5) < 0 || wake[1].revents)
			return 0;
		if (wake[0].revents & POLLIN)
			return read(vring.kickfd, &count, sizeof count) > 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	char *eal[] = { argv[0], "--no-huge", "-m", "64", "--no-pci", "--no-shconf", "--no-telemetry", "-l", "0",
			"--log-level", "*:error" };
	struct rte_mbuf *packets[BURST];
	struct pollfd input = { .fd = 0, .events = POLLIN };
	uint16_t count = 0, sent = 0;
	unsigned turns = 0, idle = 0; // idle: turns without a packet
	bool asked = false; // for a notification of the transmit queue

	if (argc != 2 || rte_eal_init((int)(sizeof eal / sizeof *eal), eal) < 0)
		return 2;
	struct rte_mempool *pool = rte_pktmbuf_pool_create("packets", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!pool || rte_vhost_driver_register(argv[1], 0) || rte_vhost_driver_callback_register(argv[1], &ops) ||
	    rte_vhost_driver_start(argv[1]))
		return 2;
	puts("ready");
	fflush(stdout);
	for (;;) {
		int vid = atomic_load(&device);
		if (vid < 0 || ++turns % 4096 == 0)
			if (poll(&input, 1, vid < 0 ? 1 : 0) > 0)
				break;
		if (vid < 0) {
			while (sent < count)
				rte_pktmbuf_free(packets[sent++]);
			asked = false;
			idle = 0;
			continue;
		}
		if (sent == count) {
			sent = 0;
			count = rte_vhost_dequeue_burst(vid, TX, pool, packets, BURST);
		}
		uint16_t done = sent < count ? rte_vhost_enqueue_burst(vid, RX, packets + sent, count - sent) : 0;
		for (uint16_t n = 0; n < done; n++)
			rte_pktmbuf_free(packets[sent + n]);
		sent += done;
		idle = count || done ? 0 : idle + 1;
		if (idle == 0 && asked) {
			rte_vhost_enable_guest_notification(vid, TX, 0);
			asked = false;
		} else if (idle > 64 && !asked) {
			rte_vhost_enable_guest_notification(vid, TX, 1);
			asked = true; // and look once more
		} else if (idle > 64) {
			if (!notified(vid, TX))
				break;
			idle = 0;
		}
		if (sent < count && !done)
			usleep(20); // one of two cores is the driver's
	}
	rte_vhost_driver_unregister(argv[1]);
	return 0;
}
