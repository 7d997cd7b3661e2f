"""What a recording of Linux's KVM tells of its virtual interrupt controller, held against `software.kvm`.

`switches` finds the world switches in a recording; `vcpus` says which vCPU each belongs to, `recognition` where nothing names
it; `origins` tells for each interrupt that KVM put into a List register whether the recording holds its cause; `inference`
concludes what it doesn't hold; `judge` has the models predict what KVM writes; `residency` checks the order in which KVM makes
vPEs of GICv4 resident; `replay` does all that to a file, and `report` prints it.

It imports cli, core, software and trace.
"""
