"""What is run on the twins: VMs, and the lines that each gets in this order.

A line that begins with ``! `` must fail on both sides, one with ``? `` may do either (versions differ) but
must do the same on both; any other must succeed. ``{dir}`` is the VM's own folder, ``{port}`` a free port.
In it are d0.img and d1.img of 1 MiB, d2.img of 3 MiB and cd.img of 64 KiB, all zeros. QEMU's options come
before the lines.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """A VM (``args``, ``machine``) and its lines;"""

    name: str
    text: str
    args: str = ""
    machine: str = "pc"
    running: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        rows = (row.strip() for row in self.text.splitlines())
        return tuple(row for row in rows if row and not row.startswith("#"))


SCENES = (
    Scene(
        "basics",
        """
        info status
        s
        stop
        system_reset
        system_powerdown
        ! system_wakeup
        nmi
        boot_set dca
        ! boot_set z
        sendkey ctrl-alt-f1
        sendkey a-b 50
        sendkey 0x1e-0x2a
        sendkey <
        ! sendkey nosuchkey
        ! sendkey a-
        mouse_move 5 -3
        mouse_move 0 0 1
        mouse_move 0x10 2 -1
        mouse_button 1
        mouse_button 0
        ? mouse_set 1
        ! mouse_set 77
        info mice
        print 64+32
        p/x 255
        p/d 0x10
        p/c 65
        p 'a'
        p (1+2)*3
        ! p 1<<4
        p/o 8
        ! p 1+
        ! p nosuch
        p $pc
        x/4xb 0xffff0
        ? x/2i $pc
        x/3dw 0x7c00
        xp/8xb 0xffff0
        xp/2xh 0xfff0
        xp /2xg 0xfff0
        x/8c 0xffff0
        sum 0xf0000 0x100
        gpa2hva 0x1000
        ! gpa2hva 0xfffffffffff
        gva2gpa 0x1000
        i/b 0x92
        i /b 0x92
        i 0x92
        o/b 0x80 1
        o/bw 0x80 1
        info registers
        cpu 1
        info registers
        ? x/2i $pc
        p $pc
        cpu 0
        ! cpu 9
        info registers -a
        info cpus
        help stop
        ! help_me
        ! nosuch command
        ! stop now
        ! system_reset -f
        ! cont 5
        ! info nosuch
        watchdog_action pause
        watchdog_action none
        ! watchdog_action explode
        ! exit_preconfig
        trace-event memory_region_ops_read on
        info trace-events memory_region_ops_read
        trace-event memory_region_ops_read off
        trace-event memory_region_* on
        trace-event memory_region_* off
        ! trace-event nosuch_event on
        ! trace-event memory_region_ops_read maybe
        log in_asm,int
        log none
        ! log bogus
        logfile {dir}/log.txt
        announce_self
        gdbserver tcp:127.0.0.1:{port}
        gdbserver none
        ! gdbserver abc
        ! memsave 0 0x1000 {dir}/mem.bin
        memsave 0 0x1000 "{dir}/mem.bin"
        memsave 0xf0000 64+32 "{dir}/mem2.bin"
        ! pmemsave 0 4096 {dir}/pmem.bin
        pmemsave 0 4096 "{dir}/pmem.bin"
        pmemsave 0xf0000 010 "{dir}/pmem.bin"
        ! pmemsave 0 4096 "{dir}/nosuch/pmem.bin"
        ! memsave 0
        dump-guest-memory {dir}/dump.elf
        dump-guest-memory -p {dir}/dump-paging.elf
        dump-guest-memory {dir}/dump-part.elf 0 0x10000
        ! dump-guest-memory -z -l {dir}/dump.both
        ! dump-guest-memory {dir}/dump.elf 0
        ! dump-guest-memory {dir}/nosuch/dump.elf
        dump-guest-memory -z {dir}/dump.zlib
        mce 0 1 0xb200000000000000 0 0 0
        ? mce 5 1 0xb200000000000000 0 0 0
        sync-profile on
        sync-profile
        sync-profile off
        sync-profile reset
        ! sync-profile maybe
        ! closefd nosuch
        ! getfd
        ! getfd "x"
        """,
        args="-smp 2",
    ),
    Scene(
        "running",
        """
        info status
        cont
        info status
        stop
        c
        s
        info status
        cont
        cont
        system_reset
        sendkey ctrl-alt-delete
        stop
        """,
        machine="none",
    ),
    Scene(
        "network",
        """
        netdev_add user,id=n0
        netdev_add user,id=n1,restrict=on,hostname=abc,hostfwd=tcp:127.0.0.1:{port}-:22
        netdev_add user,id=n2,net=10.9.0.0/24,host=10.9.0.2,dns=10.9.0.3,ipv6=off
        netdev_add user,id=n3,dnssearch=a.example
        netdev_add user,id=n4,ipv6-net=fec0:5::/64
        netdev_add type=user,id=n5,restrict=no
        netdev_add hubport,id=h0,hubid=7
        netdev_add hubport,id=h1,hubid=0x8
        netdev_add socket,id=s0,listen=127.0.0.1:{port2}
        netdev_add socket,id=s1,udp=127.0.0.1:9,localaddr=127.0.0.1:0
        ? netdev_add dgram,id=d0,local.type=inet
        ! netdev_add user
        ! netdev_add hubport,id=n0,hubid=9
        ! netdev_add nosuch,id=n9
        ! netdev_add user,id=n9,nosuch=1
        ! netdev_add user,id=n9,restrict=maybe
        ! netdev_add hubport,id=h9,hubid=abc
        ! netdev_add user,id=1bad
        device_add virtio-net-pci,id=vn0,netdev=n0,mac=52:54:00:12:34:56
        device_add e1000,netdev=n1,id=e0
        device_add rtl8139,id=r0
        info network
        hostfwd_add n0 tcp:127.0.0.1:{port3}-:80
        ! hostfwd_add n0 nonsense
        ! hostfwd_add nosuch tcp::1-:2
        info usernet
        hostfwd_remove n0 tcp:127.0.0.1:{port3}
        ? hostfwd_remove n0 tcp:127.0.0.1:{port3}
        set_link n0 off
        set_link vn0 off
        info network
        set_link vn0 on
        set_link n0 on
        ! set_link nosuch on
        ! set_link vn0 yes
        announce_self vn0
        announce_self vn0,e0 my-announce
        netdev_del n5
        netdev_del h0
        netdev_del n0
        ! netdev_del nosuch
        info network
        device_del e0
        ! device_del nosuch
        """,
    ),
    Scene(
        "devices",
        """
        object_add rng-random,id=rng0,filename=/dev/urandom
        object_add iothread,id=io0
        chardev-add null,id=c0
        chardev-add null,id=c1
        drive_add 0 if=none,id=d0,file={dir}/d0.img,format=raw
        drive_add 0 if=none,id=d1,file={dir}/d1.img,format=raw
        drive_add 0 if=none,id=d2,file={dir}/d2.img,format=raw
        ? device_add pci-bridge,id=br0,chassis_nr=5
        ? device_add virtio-net-pci,id=vn,mq=on,vectors=4,mac=52:54:00:12:34:57,bus=br0,addr=0x3
        ? device_add virtio-net,id=vn2,bus=br0,addr=4.0,disable-legacy=on
        ? device_add virtio-blk-pci,id=vb,drive=d0,serial=007,bootindex=3
        ? device_add virtio-scsi-pci,id=vs,num_queues=2,iothread=io0,max_sectors=0x100
        ? device_add scsi-hd,id=sd1,drive=d1,bus=vs.0,lun=0,scsi-id=1,removable=on,rotation_rate=1
        ? device_add scsi-cd,id=sc1,bus=vs.0,scsi-id=2
        ? device_add scsi-generic,id=bad,drive=nosuch,bus=vs.0
        ? device_add virtio-serial-pci,id=vser,max_ports=7
        ? device_add virtserialport,id=vsp,bus=vser.0,name=org.test.0,chardev=c0,nr=3
        ? device_add virtconsole,id=vc,bus=vser.0,chardev=c1
        ? device_add virtio-rng-pci,id=vr,rng=rng0,max-bytes=1024,period=1000
        ? device_add virtio-balloon-pci,id=bal,deflate-on-oom=on,free-page-reporting=off
        ? device_add virtio-keyboard-pci,id=vk
        ? device_add virtio-mouse-pci,id=vm
        ? device_add virtio-tablet-pci,id=vt,nodisable-modern
        ? device_add qemu-xhci,id=xhci,p2=8,p3=8
        ? device_add usb-ehci,id=ehci,addr=1d.7,multifunction=on
        ? device_add usb-kbd,id=uk,bus=xhci.0,port=1
        ? device_add usb-mouse,id=um,bus=xhci.0
        ? device_add usb-tablet,id=ut,bus=xhci.0,usb_version=1
        ? device_add usb-hub,id=uh,bus=xhci.0,port=4,ports=4
        ? device_add usb-storage,id=us,bus=xhci.0,drive=d2,removable=off
        ? device_add usb-wacom-tablet,id=uw,bus=xhci.0
        ? device_add usb-serial,id=user,bus=ehci.0,chardev=nosuch
        ? device_add virtio-net-pci,id=x1,speed=100,duplex=full,mrg_rxbuf=off,host_mtu=1400
        info pci
        info usb
        info balloon
        balloon 48
        balloon 16+16
        ! balloon abc
        info memory-devices
        qom-list /machine/peripheral
        qom-get /machine/peripheral/vb bootindex
        qom-set /machine/peripheral/vb bootindex 5
        qom-set /machine/peripheral/bal guest-stats-polling-interval 2
        ? qom-set /machine/peripheral/bal guest-stats-polling-interval 0x3
        ! qom-set /machine/peripheral/bal nosuch 2
        ! qom-set /nosuch nosuch 2
        ! qom-set /machine/peripheral/bal guest-stats-polling-interval abc
        ! qom-get /machine/peripheral/bal nosuch
        device_del uk
        device_del um
        device_del vsp
        device_del sd1
        device_del vb
        device_del /machine/peripheral/vn
        ? device_del vn
        """,
    ),
    Scene(
        "cards",
        """
        device_add pci-bridge,id=br0,chassis_nr=5
        ? device_add e1000,id=e0,bus=br0
        ? device_add e1000-82545em,id=e1,bus=br0
        ? device_add i82551,id=i1,bus=br0
        ? device_add i82559er,id=i2,bus=br0
        ? device_add ne2k_pci,id=ne,bus=br0
        ? device_add pcnet,id=pc,bus=br0
        ? device_add rtl8139,id=rt,bus=br0
        ? device_add tulip,id=tu,bus=br0
        ? device_add vmxnet3,id=vx,bus=br0
        ? device_add lsi,id=ls,bus=br0
        ? device_add megasas,id=mg,bus=br0,max_sge=70
        ? device_add mptsas1068,id=mp,bus=br0
        ? device_add am53c974,id=am,bus=br0
        ? device_add pvscsi,id=pv,bus=br0
        ? device_add ahci,id=ah,bus=br0
        ? device_add sdhci-pci,id=sdh,bus=br0
        ? device_add pci-serial,id=ps,bus=br0,chardev=nosuch
        ? device_add edu,id=edu,bus=br0,dma_mask=0xffff
        ? device_add pci-testdev,id=ptd,bus=br0,membar=64k
        ? device_add ES1370,id=es,bus=br0
        ? device_add AC97,id=ac,bus=br0
        ? device_add intel-hda,id=hda,bus=br0,debug=1
        ? device_add hda-duplex,id=hdad,bus=hda.0,mixer=off
        ? device_add ich9-intel-hda,id=hda2,bus=br0
        ? device_add i6300esb,id=wd,bus=br0
        ? device_add pvpanic-pci,id=pvp,bus=br0
        ? device_add ivshmem-plain,id=iv,memdev=nosuch
        ? device_add secondary-vga,id=sv,vgamem_mb=8
        ? device_add bochs-display,id=bd,vgamem=8M,bus=br0
        info pci
        info network
        """,
    ),
    Scene(
        "refused_devices",
        """
        device_add pci-bridge,id=br0,chassis_nr=5
        device_add virtio-net-pci,id=x1
        ? device_add virtio-net-pci,id=x1
        ? device_add nosuch-device
        ? device_add virtio-net-pci,nosuch=1
        ? device_add virtio-net-pci,mq=maybe
        ? device_add virtio-net-pci,vectors=abc
        ? device_add virtio-net-pci,vectors=5000000000
        ? device_add virtio-net-pci,vectors=4k
        ? device_add virtio-net-pci,mac=zz
        ? device_add virtio-net-pci,bus=nosuch
        ? device_add virtio-net-pci,addr=99
        ? device_add virtio-net-pci,netdev=nosuch
        ? device_add virtio-net-pci,disable-legacy=yes
        ? device_add id=noname
        ? device_add isa-serial
        ? device_add virtio-rng-pci,id=r2,rng=nosuch
        ? device_add driver=virtio-rng-pci,id=r3
        ? device_add virtio-rng-pci,id=a,,b
        ? device_add "virtio-rng-pci,id=r4"
        ? device_add virtio-rng-pci,id=r5,max-bytes=1,max-bytes=512
        ? device_add nosuchdriver,id=q1
        ? device_add nvme,id=nv,serial=1,bus=br0
        ? device_add vhost-vsock-pci,id=vv
        ? device_add virtio-gpu-pci,id=vg,max_outputs=2,xres=800,yres=0x258
        ! device_add
        """,
    ),
    Scene(
        "objects",
        """
        object_add memory-backend-ram,id=m0,size=1M
        object_add memory-backend-ram,id=m1,size=1.5G,prealloc=off
        object_add memory-backend-ram,id=m2,size=0x100000,share=on
        object_add memory-backend-ram,id=m3,size=70000k,merge=no,dump=off
        object_add memory-backend-ram,size=2097152,id=m4
        object_add qom-type=memory-backend-ram,id=m5,size=1M
        object_add memory-backend-file,id=f0,size=1M,mem-path={dir}/mem,share=on
        ? object_add memory-backend-memfd,id=mf,size=2M,seal=off
        object_add iothread,id=io0
        object_add iothread,id=io1,poll-max-ns=1000
        object_add rng-builtin,id=rb
        object_add rng-random,id=rr,filename=/dev/urandom
        object_add secret,id=sec0,data=letmein
        object_add secret,id=sec1,data=bGV0bWVpbg==,format=base64
        ? object_add secret,id=sec2,data=a b c
        object_add throttle-group,id=tg,x-bps-total=1000
        object_add cryptodev-backend-builtin,id=cry
        object_add can-bus,id=can0
        object_add tls-creds-anon,id=tls,endpoint=server,verify-peer=off
        ? object_add authz-list,id=al,policy=deny,rules.0.match=fred,rules.0.policy=allow
        ? object_add {"qom-type":"iothread","id":"io9"}
        object_add authz-simple,id=as,identity=fred
        netdev_add user,id=n0
        object_add filter-buffer,id=fb,netdev=n0,interval=1000
        object_add filter-dump,id=fd,netdev=n0,file={dir}/dump.pcap,maxlen=0x100
        ! object_add memory-backend-ram,id=m9
        ! object_add memory-backend-ram,id=m9,size=abc
        ! object_add memory-backend-ram,id=m9,size=-1
        ! object_add memory-backend-ram,id=m9,size=0
        ! object_add memory-backend-ram,id=m0,size=1M
        ! object_add memory-backend-ram,id=m9,size=1M,nosuch=1
        ! object_add memory-backend-ram,size=1M
        ! object_add nosuch-type,id=x
        ! object_add iothread,id=x,poll-max-ns=12q
        ! object_add memory-backend-ram,id=x,size=1M,share=maybe
        ! object_add
        info memdev
        info iothreads
        object_del m0
        ! object_del m0
        ! object_del nosuch
        object_del fb
        qom-list /objects
        qom-list
        qom-get /objects/io1 poll-max-ns
        qom-set /objects/io1 poll-max-ns 2000
        ! qom-set /objects/m1 share maybe
        qom-get /machine type
        qom-get /objects/m2 size
        qom-list /objects/m2
        """,
        machine="q35",
    ),
    Scene(
        "chardevs",
        """
        chardev-add null,id=c0
        chardev-add file,id=c1,path={dir}/out
        chardev-add file,id=c2,path={dir}/out2,append=on
        chardev-add ringbuf,id=rb,size=64k
        chardev-add memory,id=rb2,size=1024
        chardev-add socket,id=s0,path={dir}/s0.sock,server=on,wait=off
        chardev-add socket,id=s1,host=127.0.0.1,port={port},server=on,wait=off,telnet=on
        chardev-add socket,id=s2,host=127.0.0.1,port={port2},server=on,wait=off,ipv4=on,nodelay=on
        ? chardev-add socket,id=s3,path={dir}/s3.sock,server,nowait
        chardev-add pty,id=p0
        chardev-add udp,id=u0,host=127.0.0.1,port=9,localaddr=127.0.0.1,localport=0
        chardev-add null,id=m0,mux=on
        chardev-add null,id=l0,logfile={dir}/log,logappend=on
        chardev-add vc,id=v0
        ? chardev-add stdio,id=st
        ! chardev-add null
        ! chardev-add null,id=c0
        ! chardev-add nosuch,id=x
        ! chardev-add file,id=x
        ! chardev-add file,id=x,path={dir}/nosuch/x
        ! chardev-add socket,id=x,path={dir}/nothing.sock
        ! chardev-add null,id=x,nosuch=1
        ! chardev-add ringbuf,id=x,size=1000
        info chardev
        ringbuf_write rb hello
        ringbuf_write rb "two words"
        ringbuf_read rb 1024
        ! ringbuf_write nosuch x
        ! ringbuf_read c0 5
        chardev-change c0 null
        chardev-change c1 file,path={dir}/out3
        ! chardev-change nosuch null
        ! chardev-send-break nosuch
        chardev-send-break c0
        chardev-remove c0
        chardev-remove s0
        ! chardev-remove c0
        ! chardev-remove nosuch
        device_add pci-serial,id=ser,chardev=c1
        ! chardev-remove c1
        info chardev
        """,
    ),
    Scene(
        "migration",
        """
        info migrate
        info migrate_capabilities
        migrate_set_capability xbzrle on
        migrate_set_capability auto-converge on
        migrate_set_capability auto-converge off
        ! migrate_set_capability nosuch on
        ! migrate_set_capability xbzrle yes
        info migrate_capabilities
        migrate_set_parameter max-bandwidth 65
        migrate_set_parameter max-bandwidth 66M
        migrate_set_parameter max-bandwidth 70000k
        migrate_set_parameter max-bandwidth 1.5G
        migrate_set_parameter max-bandwidth 0x43
        migrate_set_parameter downtime-limit 400
        migrate_set_parameter xbzrle-cache-size 67108864
        migrate_set_parameter xbzrle-cache-size 128M
        migrate_set_parameter xbzrle-cache-size 64k
        migrate_set_parameter announce-initial 60
        migrate_set_parameter announce-max 600
        migrate_set_parameter announce-rounds 7
        migrate_set_parameter announce-step 90
        migrate_set_parameter cpu-throttle-increment 15
        migrate_set_parameter cpu-throttle-initial 25
        migrate_set_parameter max-cpu-throttle 95
        migrate_set_parameter cpu-throttle-tailslow on
        migrate_set_parameter throttle-trigger-threshold 60
        migrate_set_parameter multifd-channels 4
        migrate_set_parameter multifd-compression zlib
        migrate_set_parameter multifd-zlib-level 3
        migrate_set_parameter multifd-zstd-level 4
        migrate_set_parameter max-postcopy-bandwidth 8M
        migrate_set_parameter max-postcopy-bandwidth 12345
        migrate_set_parameter x-checkpoint-delay 1000
        migrate_set_parameter tls-creds abc
        migrate_set_parameter tls-hostname h.example
        migrate_set_parameter tls-creds ""
        migrate_set_parameter tls-hostname ""
        ? migrate_set_parameter avail-switchover-bandwidth 8
        ? migrate_set_parameter avail-switchover-bandwidth 1G
        ? migrate_set_parameter block-incremental on
        ? migrate_set_parameter compress-level 5
        ? migrate_set_parameter x-vcpu-dirty-limit-period 900
        ? migrate_set_parameter vcpu-dirty-limit 5
        ? migrate_set_parameter mode normal
        ? migrate_set_parameter zero-page-detection legacy
        ? migrate_set_parameter direct-io on
        ! migrate_set_parameter nosuch 5
        ! migrate_set_parameter downtime-limit abc
        ! migrate_set_parameter max-cpu-throttle 200
        ! migrate_set_parameter multifd-compression nosuch
        ! migrate_set_parameter max-bandwidth 5q
        ! migrate_set_parameter downtime-limit
        info migrate_parameters
        ! client_migrate_info vnc localhost 1
        ! client_migrate_info spice localhost 5900
        ! migrate_pause
        ! migrate_continue pre-switchover
        ! migrate_start_postcopy
        ! migrate_recover tcp:127.0.0.1:1
        ! migrate_incoming tcp:127.0.0.1:1
        migrate_cancel
        info migrate
        ! migrate nosuch:abc
        ! migrate -r exec:cat
        ! migrate
        migrate_set_parameter max-bandwidth 0
        migrate_set_capability xbzrle off
        """,
    ),
    Scene(
        "migrate_out",
        """
        migrate "exec:cat > {dir}/out.bin"
        info migrate
        info status
        ! migrate unix:{dir}/nobody.sock
        """,
    ),
    Scene(
        "migrate_cancel",
        """
        migrate_set_parameter max-bandwidth 4096
        migrate_set_parameter max-bandwidth 1k
        migrate -d "exec:cat > /dev/null"
        ! migrate -d "exec:cat > /dev/null"
        migrate_set_parameter max-bandwidth 2k
        migrate_cancel
        info status
        """,
    ),
    Scene(
        "block",
        """
        drive_add 0 if=none,id=d0,file={dir}/d0.img,format=raw
        drive_add 0 if=none,id=d1,file={dir}/d1.img,format=raw,readonly=on
        ? drive_add -n 0 node-name=nn,driver=null-co,size=1M,read-only=on
        drive_add 0 if=none,id=d2,file={dir}/d2.img,format=raw
        ! drive_add 0 if=none,id=d0,file={dir}/d0.img
        ! drive_add 0 if=none,id=d9,file={dir}/nosuch.img
        device_add virtio-blk-pci,id=vb,drive=d0
        info block
        info block d0
        info block -v
        info block -n
        info blockstats
        block_resize d0 2
        block_resize d0 3M
        block_resize d0 2048k
        block_resize d0 0x4
        block_resize d0 1.5M
        ! block_resize d0 abc
        ! block_resize nosuch 5
        ! block_resize d0
        block_set_io_throttle d0 1000000 0 0 100 0 0
        block_set_io_throttle d0 0 500+500 0x400 0 1 1
        block_set_io_throttle d0 0 0 0 0 0 0
        ! block_set_io_throttle d0 5 5 5 0 0 0
        ! block_set_io_throttle d0 1
        ! block_set_io_throttle nosuch 1 0 0 0 0 0
        qemu-io d0 "write -P 0x55 0 64k"
        qemu-io d0 "read -P 0x55 0 64k"
        snapshot_blkdev d0 {dir}/over.qcow2
        info block d0
        qemu-io d0 "write -P 0x66 0 4k"
        snapshot_blkdev d0 {dir}/over2.qcow2 qcow2
        ! snapshot_blkdev nosuch {dir}/over3.qcow2
        ! snapshot_blkdev d0 {dir}/nosuch/over3.qcow2
        snapshot_blkdev_internal d0 snap1
        ! snapshot_blkdev_internal d0 snap1
        ! snapshot_blkdev_internal nosuch snap1
        snapshot_delete_blkdev_internal d0 snap1
        ! snapshot_delete_blkdev_internal d0 snap1
        commit d0
        commit all
        ! commit nosuch
        block_stream d0
        info block-jobs
        ! block_stream nosuch
        drive_backup d2 {dir}/backup.img raw
        drive_backup -f -c d2 {dir}/backup.qcow2 qcow2
        ! drive_backup d2 {dir}/nosuch/backup.img
        drive_backup -n d2 {dir}/backup.img raw
        ! drive_backup -n d2 {dir}/none.img raw
        ! block_job_cancel nosuch
        ! block_job_complete nosuch
        ! block_job_pause nosuch
        ! block_job_set_speed nosuch 5
        ! savevm snap0
        drive_del d2
        savevm snap0
        info snapshots
        savevm snap0
        savevm "two words"
        loadvm snap0
        ! loadvm nosuch
        delvm snap0
        ? delvm nosuch
        info snapshots
        ! drive_del nosuch
        nbd_server_start 127.0.0.1:{port}
        ! nbd_server_start 127.0.0.1:{port}
        nbd_server_add d0
        ! nbd_server_add -w d0 exp
        nbd_server_add d0 exp
        ! nbd_server_add d0
        ! nbd_server_add nosuch
        ! nbd_server_remove nosuch
        nbd_server_remove exp
        nbd_server_remove -f d0
        nbd_server_stop
        ? nbd_server_stop
        ! nbd_server_stop now
        nbd_server_start -a 127.0.0.1:{port}
        nbd_server_stop
        ? nbd_server_start -a -w unix:{dir}/nbd.sock
        ? nbd_server_stop
        ! nbd_server_start -w 127.0.0.1:{port}
        ! nbd_server_start nonsense
        info block
        info block-jobs
        """,
        machine="pc",
    ),
    Scene(
        "mirror",
        """
        drive_add 0 if=none,id=d0,file={dir}/d0.img,format=raw
        drive_add 0 if=none,id=d2,file={dir}/d2.img,format=raw
        drive_mirror -f d0 {dir}/mirror.img raw
        block_job_set_speed d0 5
        block_job_set_speed d0 1M
        block_job_set_speed d0 512k
        block_job_pause d0
        block_job_resume d0
        ! drive_mirror d0 {dir}/mirror2.img raw
        block_job_complete d0
        info block d0
        drive_mirror d2 {dir}/mirror3.qcow2 qcow2
        block_job_cancel d2
        drive_mirror -n -f d2 {dir}/mirror3.qcow2 qcow2
        block_job_cancel -f d2
        info block
        """,
    ),
    Scene(
        "media",
        """
        info block
        change cd0 {dir}/cd.img
        info block cd0
        eject cd0
        change cd0 {dir}/cd.img raw
        change cd0 {dir}/d1.img raw read-only
        ! change cd0 {dir}/nosuch.img
        ! change cd0 {dir}/cd.img nosuchformat
        ! change cd0 {dir}/cd.img raw nosuchmode
        ! change nosuch {dir}/cd.img
        ! eject nosuch
        eject -f cd0
        eject cd0
        change floppy0 {dir}/d0.img raw read-write
        change floppy0 {dir}/d0.img raw retain
        eject floppy0
        ? change -f cd0 {dir}/cd.img
        change vnc password secret
        set_password vnc secret
        set_password vnc secret keep
        ! set_password vnc secret disconnect
        ! set_password spice secret
        ! set_password vnc secret sometimes
        ! set_password nosuch secret
        expire_password vnc now
        expire_password vnc never
        expire_password vnc +60
        expire_password vnc 2000000000
        ! expire_password spice now
        ! expire_password nosuch now
        info vnc
        screendump {dir}/screen.ppm
        ? screendump -f png {dir}/screen.png
        ? screendump {dir}/screen2.png -f png
        ! screendump {dir}/nosuch/screen.ppm
        ! screendump {dir}/screen.ppm nosuchdevice
        """,
        args="-drive if=ide,media=cdrom,id=cd0 -drive if=floppy,id=floppy0 -device VGA"
        " -vnc unix:{dir}/vnc,password=on",
    ),
    Scene(
        "pcie",
        """
        ? device_add virtio-net-pci,bus=rp0,id=n
        ? device_add virtio-blk-pci,bus=rp1,id=b
        ! device_add e1000,bus=pcie.0
        ? device_add pcie-pci-bridge,bus=rp1,id=ppb
        ? device_add virtio-rng-pci,bus=rp2,id=r
        ? device_add e1000e,bus=rp3,id=e
        pcie_aer_inject_error rp0 COMP_TIME
        pcie_aer_inject_error -c rp0 0x40
        pcie_aer_inject_error -a rp0 0x1000
        ! pcie_aer_inject_error rp0 NOSUCH
        ! pcie_aer_inject_error nosuch 0x1
        ! pcie_aer_inject_error e9 COMP_TIME
        info pci
        ? device_add nvdimm,id=nv0,memdev=nosuch
        object_add memory-backend-ram,id=dm0,size=64M
        ? device_add pc-dimm,id=dimm0,memdev=dm0
        ? device_add pc-dimm,id=dimm1,memdev=dm0
        ? device_add qemu64-x86_64-cpu,id=cpu1,socket-id=1,core-id=0,thread-id=0
        info memory-devices
        info memory_size_summary
        info hotpluggable-cpus
        info numa
        info memdev
        device_del dimm0
        device_del r
        """,
        machine="q35",
        args="-smp 1,maxcpus=2 -m 64,slots=4,maxmem=1G"
        " -device pcie-root-port,id=rp0,chassis=1 -device pcie-root-port,id=rp1,chassis=2"
        " -device pcie-root-port,id=rp2,chassis=3 -device pcie-root-port,id=rp3,chassis=4",
    ),
    Scene(
        "info",
        """
        ? info accel
        ? info balloon
        ? info block
        ? info block-jobs
        ? info blockstats
        ? info capture
        ? info chardev
        ? info cpus
        ? info cpustats
        ? info cryptodev
        ? info dump
        ? info history
        ? info hotpluggable-cpus
        ? info irq
        ? info jit
        ? info kvm
        ? info lapic
        ? info lapic 0
        ? info mem
        ? info memdev
        ? info memory-devices
        ? info memory_size_summary
        ? info mice
        ? info migrate
        ? info migrate -a
        ? info migrate_capabilities
        ? info migrate_parameters
        ? info mtree
        ? info mtree -f
        ? info name
        ? info network
        ? info numa
        ? info pci
        ? info pic
        ? info qdm
        ? info qom-tree
        ? info qtree
        ? info ramblock
        ? info rdma
        ? info registers
        ? info replay
        ? info rocker a
        ? info roms
        ? info sev
        ? info sgx
        ? info snapshots
        ? info spice
        ? info stats vm
        ? info status
        ? info sync-profile
        ? info tlb
        ? info tpm
        ? info trace-events
        ? info usb
        ? info usbhost
        ? info usernet
        ? info uuid
        ? info vcpu_dirty_limit
        ? info version
        ? info virtio
        ? info vm-generation-id
        ? info vnc
        ? info firmware-log
        ? info accelerators
        """,
        args="-name twin -uuid 12345678-1234-1234-1234-123456789abc -smp 2 -device virtio-balloon-pci"
        " -netdev user,id=n0 -device e1000,netdev=n0 -device VGA -usb -device usb-tablet"
        " -drive if=none,id=nul,driver=null-co,size=1M -device virtio-blk-pci,drive=nul"
        " -drive if=ide,media=cdrom,id=cd0 -object iothread,id=io0 -object memory-backend-ram,id=mb,size=4M",
    ),
)

#: Lines that the scenes above cannot say without drive_add: for a QEMU without HMP the disks are there.
WITHOUT_HMP = (
    Scene(
        "jobs",
        """
        ! savevm snap0
        snapshot_blkdev d0 {dir}/over.qcow2
        savevm snap0
        info block d0
        savevm snap1
        savevm snap0
        ! loadvm nosuch
        loadvm snap0
        ! delvm nosuch
        delvm snap0
        ! loadvm snap0
        loadvm snap1
        delvm snap1
        snapshot_blkdev d0 {dir}/over2.qcow2
        commit d0
        commit vb
        commit all
        ! commit nosuch
        block_resize d0 2M
        commit d0
        snapshot_blkdev_internal d0 snap5
        snapshot_delete_blkdev_internal d0 snap5
        drive_backup d0 {dir}/copy.img raw
        nbd_server_start -a 127.0.0.1:{port}
        nbd_server_stop
        info block
        info status
        info snapshots
        """,
        args="-drive if=none,id=d0,file={dir}/d0.img,format=raw -device virtio-blk-pci,id=vb,drive=d0",
    ),
    *SCENES,
)
