"""KVM's virtual interrupt controller (the vgic of Linux 6.12, arch/arm64/kvm/vgic), as plain data and functions on it.

`list_register` is what a List register holds, in GICv2's and in GICv3's format; `interrupt` the state of a virtual interrupt;
`vcpu` what each vCPU has: its list of active and pending interrupts, and what its virtual CPU interface held when it was last
put; `flush` fills List registers before the guest runs, `fold` takes them back after; `vgic` joins these for a guest.

Nothing here reads or writes a register: who calls it does that. It imports core alone.
"""
