package main

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"golang.org/x/sys/unix"
)

// arrivals are when the kernel took one client's last packets of media. This program reads them later, the later the more
// clients it has: to measure that would be to measure this program.
type arrivals struct {
	mutex  sync.Mutex
	places [4096]struct {
		ssrc   uint32
		number uint16
		at     int64 // nanoseconds since 1970
	}
}

func (a *arrivals) note(datagram []byte, at int64) {
	if len(datagram) < 12 || datagram[0]>>6 != 2 || (datagram[1] >= 192 && datagram[1] <= 223) {
		return // no RTP (RFC 7983 7, RFC 5761 4)
	}
	ssrc, number := binary.BigEndian.Uint32(datagram[8:]), binary.BigEndian.Uint16(datagram[2:])
	a.mutex.Lock()
	defer a.mutex.Unlock()
	place := &a.places[a.place(ssrc, number)]
	place.ssrc, place.number, place.at = ssrc, number, at
}

// of returns when a packet came that was just read; now, if that is not known: it was sent again with another SSRC.
func (a *arrivals) of(ssrc uint32, number uint16) int64 {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if place := a.places[a.place(ssrc, number)]; place.ssrc == ssrc && place.number == number {
		return place.at
	}
	return time.Now().UnixNano()
}

func (a *arrivals) place(ssrc uint32, number uint16) int {
	return int(ssrc*2654435761>>20+uint32(number)) % len(a.places)
}

// timedNet opens sockets that tell when their datagrams came.
type timedNet struct {
	transport.Net
	arrivals *arrivals
}

func newTimedNet(arrivals *arrivals) (*timedNet, error) {
	plain, err := stdnet.NewNet()
	return &timedNet{plain, arrivals}, err
}

func (n *timedNet) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	socket, err := net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	raw, err := socket.SyscallConn()
	if err == nil {
		var refused error
		err = raw.Control(func(handle uintptr) {
			refused = unix.SetsockoptInt(int(handle), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		})
		err = errors.Join(err, refused)
	}
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	return &timedSocket{UDPConn: socket, arrivals: n.arrivals}, nil
}

// timedSocket notes what its only reader reads.
type timedSocket struct {
	*net.UDPConn
	arrivals *arrivals
	control  [128]byte
}

func (s *timedSocket) ReadFromAddrPort(buffer []byte) (int, netip.AddrPort, error) {
	size, length, _, from, err := s.ReadMsgUDPAddrPort(buffer, s.control[:])
	if err == nil {
		s.arrivals.note(buffer[:size], told(s.control[:length]))
	}
	return size, from, err
}

func (s *timedSocket) WriteToAddrPort(datagram []byte, to netip.AddrPort) (int, error) {
	return s.WriteToUDPAddrPort(datagram, to)
}

// told returns the time that the kernel gives with a datagram.
func told(control []byte) int64 {
	for len(control) >= unix.CmsgLen(0) {
		header, content, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		if header.Level == unix.SOL_SOCKET && header.Type == unix.SO_TIMESTAMPNS && len(content) >= 16 {
			return int64(binary.NativeEndian.Uint64(content))*1e9 + int64(binary.NativeEndian.Uint64(content[8:]))
		}
		control = rest
	}
	return time.Now().UnixNano()
}
