"""What all models share: errors and faults, state, memory, links and transactions, checked values, places of files.

It imports nothing of irqpath but itself, and the Python standard library; memory is numpy."""
