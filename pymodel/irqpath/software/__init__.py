"""The software around a GIC, as models: what a hypervisor keeps and decides, with no clock and no platform.

`kvm` has what Linux's KVM does for its guests. It imports core alone.
"""
