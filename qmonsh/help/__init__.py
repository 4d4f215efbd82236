"""Help on what a monitor and qmonsh know: pages, examples, QEMU's installed manual."""
