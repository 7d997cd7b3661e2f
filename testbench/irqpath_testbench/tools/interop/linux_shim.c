// Our side of the library that holds Linux's drivers/virtio/virtio_ring.c: the memory it allocates from, and plain functions to
// call it by. Everything that a device can reach lies in one arena that the caller maps; physical addresses are virtual ones.
// virtio_ring.c is compiled with malloc, free and realloc named shim_*, against the headers of the kernel's tools/virtio.

#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdint.h>

#undef malloc
#undef free
#undef realloc

void *__kmalloc_fake, *__kfree_ignore_start, *__kfree_ignore_end;

// --- the arena: power-of-two blocks, one free list a size; every block is aligned to its size, up to a page ------------

static uint8_t *arena, *arena_end, *arena_next;
static void *free_list[40];

struct block_head { uint64_t order; uint64_t pad; };

static unsigned order_of(size_t size)
{
	unsigned order = 5;
	while (((size_t)1 << order) < size)
		order++;
	return order;
}

// Large blocks lie behind a page that holds their head, so that rings are page-aligned; small ones right behind theirs.
static size_t head_bytes(unsigned order) { return order >= 12 ? 4096 : sizeof(struct block_head); }

void *shim_malloc(size_t size)
{
	unsigned order = order_of(size);
	void *p = free_list[order];
	if (p) {
		free_list[order] = *(void **)p;
		return memset(p, 0, (size_t)1 << order); // tools/virtio forgets __GFP_ZERO, on which the driver relies
	}
	size_t head = head_bytes(order);
	uint8_t *at = arena_next;
	if (head == 4096)
		at = (uint8_t *)(((uintptr_t)at + 4095) & ~(uintptr_t)4095);
	if (!arena || at + head + ((size_t)1 << order) > arena_end)
		return NULL;
	arena_next = at + head + ((size_t)1 << order);
	((struct block_head *)(at + head - sizeof(struct block_head)))->order = order;
	return at + head;
}

void shim_free(void *p)
{
	if (!p)
		return;
	unsigned order = (unsigned)((struct block_head *)p)[-1].order;
	*(void **)p = free_list[order];
	free_list[order] = p;
}

void *shim_realloc(void *p, size_t size)
{
	void *fresh = shim_malloc(size);
	if (p && fresh) {
		memcpy(fresh, p, (size_t)1 << ((struct block_head *)p)[-1].order);
		shim_free(p);
	}
	return fresh;
}

void shim_arena(void *base, size_t size)
{
	arena = arena_next = base;
	arena_end = arena + size;
	memset(free_list, 0, sizeof free_list);
}

// --- queues ------------------------------------------------------------------------------------------------------------

struct shim_queue {
	struct virtio_device device;
	struct virtio_config_ops ops;
	struct virtqueue *vq;
	unsigned notified, called;
};

struct virtqueue *vring_create_virtqueue(unsigned int index, unsigned int num, unsigned int vring_align,
					 struct virtio_device *vdev, bool weak_barriers, bool may_reduce_num, bool context,
					 bool (*notify)(struct virtqueue *), void (*callback)(struct virtqueue *),
					 const char *name);
dma_addr_t virtqueue_get_desc_addr(struct virtqueue *vq);
dma_addr_t virtqueue_get_avail_addr(struct virtqueue *vq);
dma_addr_t virtqueue_get_used_addr(struct virtqueue *vq);
unsigned int virtqueue_get_vring_size(struct virtqueue *vq);
bool virtqueue_kick_prepare(struct virtqueue *vq);
bool virtqueue_is_broken(struct virtqueue *vq);
irqreturn_t vring_interrupt(int irq, void *vq);

static bool on_notify(struct virtqueue *vq)
{
	((struct shim_queue *)vq->vdev)->notified++;
	return true;
}

static void on_call(struct virtqueue *vq) { ((struct shim_queue *)vq->vdev)->called++; }

void *shim_open(unsigned num, uint64_t features)
{
	struct shim_queue *q = calloc(1, sizeof *q);
	q->device.features = features;
	q->device.config = &q->ops;
	q->device.vqs.next = q->device.vqs.prev = &q->device.vqs;
	spin_lock_init(&q->device.vqs_list_lock);
	q->vq = vring_create_virtqueue(0, num, 4096, &q->device, true, false, false, on_notify, on_call, "shim");
	if (q->vq && virtqueue_get_vring_size(q->vq) == num)
		return q;
	free(q);
	return NULL;
}

void shim_close(struct shim_queue *q)
{
	while (virtqueue_detach_unused_buf(q->vq))
		;
	vring_del_virtqueue(q->vq);
	free(q);
}

void shim_addresses(struct shim_queue *q, uint64_t out[3])
{
	out[0] = virtqueue_get_desc_addr(q->vq);
	out[1] = virtqueue_get_avail_addr(q->vq);
	out[2] = virtqueue_get_used_addr(q->vq);
}

// Elements: address and length, first `out` for the device to read, then `in` for it to write. 0, or a negative errno.
int shim_add(struct shim_queue *q, unsigned out, unsigned in, const uint64_t (*elements)[2], uint64_t token)
{
	struct scatterlist sg[64], *list[64];
	unsigned n;

	for (n = 0; n < out + in; n++) {
		sg_init_one(&sg[n], (void *)(uintptr_t)elements[n][0], (unsigned)elements[n][1]);
		list[n] = &sg[n];
	}
	return virtqueue_add_sgs(q->vq, list, out, in, (void *)(uintptr_t)(token + 1), 0);
}

int shim_kick_prepare(struct shim_queue *q) { return virtqueue_kick_prepare(q->vq); }

// The token, or -1.
int64_t shim_get_buf(struct shim_queue *q, unsigned *length)
{
	void *p = virtqueue_get_buf(q->vq, length);
	return p ? (int64_t)(uintptr_t)p - 1 : -1;
}

void shim_disable_cb(struct shim_queue *q) { virtqueue_disable_cb(q->vq); }
int shim_enable_cb(struct shim_queue *q) { return virtqueue_enable_cb(q->vq); }
int shim_enable_cb_delayed(struct shim_queue *q) { return virtqueue_enable_cb_delayed(q->vq); }
int shim_broken(struct shim_queue *q) { return virtqueue_is_broken(q->vq); }
unsigned shim_num_free(struct shim_queue *q) { return q->vq->num_free; }

// An interrupt: 1 if the driver's callback ran for it, 0 if it found nothing to do.
int shim_interrupt(struct shim_queue *q)
{
	unsigned before = q->called;
	vring_interrupt(0, q->vq);
	return q->called != before;
}

// Traffic without a caller in between, for measuring: add `count` buffers of one element to read and one to write.
unsigned shim_add_many(struct shim_queue *q, unsigned count, uint64_t address, unsigned length)
{
	uint64_t elements[2][2] = { { address, length }, { address + length, length } };
	unsigned n;

	for (n = 0; n < count && shim_add(q, 1, 1, elements, n) == 0; n++)
		;
	return n;
}

unsigned shim_get_many(struct shim_queue *q)
{
	unsigned length, n = 0;

	while (virtqueue_get_buf(q->vq, &length))
		n++;
	return n;
}
