package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	patience      = 500 * time.Millisecond // how long a viewer waits for a missing packet before it needs a keyframe
	pliPause      = 300 * time.Millisecond
	frozenOver    = 200 * time.Millisecond // between two frames: about what WebRTC's statistics call a freeze at 30 a second
	mostLatencies = 1 << 20                // room made before: to make it meanwhile takes time
	silentOver    = 60 * time.Millisecond  // between two packets of sound, 20 ms each: more than a player conceals
)

// observations are what all subscribers saw since begin.
type observations struct {
	on                                             atomic.Bool
	sent, received, lost, bytes                    atomic.Int64
	frames, frozen, silent, silentMost, frozenMost atomic.Int64 // the times in nanoseconds
	pictures, sounds                               atomic.Int64
	mutex                                          sync.Mutex
	latencies, firsts, reads, joins                []float64
	tracks                                         map[*watcher]bool
}

var seen = observations{tracks: map[*watcher]bool{}}

func (o *observations) begin() {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for _, each := range []*atomic.Int64{&o.sent, &o.received, &o.lost, &o.bytes, &o.frames, &o.frozen, &o.silent, &o.silentMost, &o.frozenMost} {
		each.Store(0)
	}
	o.latencies, o.firsts, o.reads = make([]float64, 0, mostLatencies), make([]float64, 0, mostLatencies), make([]float64, 0, mostLatencies)
	for each := range o.tracks {
		each.restart()
	}
	o.on.Store(true)
}

func (o *observations) end() {
	o.on.Store(false)
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for each := range o.tracks {
		each.finish()
	}
}

func (o *observations) first(since time.Time) {
	o.mutex.Lock()
	o.joins = append(o.joins, time.Since(since).Seconds()*1e3)
	o.mutex.Unlock()
}

func quantiles(values []float64) map[string]float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := func(part float64) float64 {
		if len(sorted) == 0 {
			return -1
		}
		return sorted[min(len(sorted)-1, int(float64(len(sorted))*part))]
	}
	return map[string]float64{"p50": at(.5), "p95": at(.95), "p99": at(.99), "max": at(1)}
}

func (o *observations) report(wall float64) map[string]any {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	seconds := func(value *atomic.Int64) float64 { return float64(value.Load()) / 1e9 }
	return map[string]any{
		"sent_per_second": float64(o.sent.Load()) / wall, "packets_per_second": float64(o.received.Load()) / wall,
		"mbps": float64(o.bytes.Load()) * 8 / wall / 1e6, "lost": o.lost.Load(),
		"latency_ms": quantiles(o.latencies), "first_of_frame_ms": quantiles(o.firsts),
		"read_ms": quantiles(o.reads), "first_packet_ms": quantiles(o.joins), "with_media": len(o.joins),
		"frames_per_second": float64(o.frames.Load()) / wall / max(1, float64(o.pictures.Load())),
		"frozen_seconds":    seconds(&o.frozen), "longest_freeze": seconds(&o.frozenMost),
		"silent_seconds": seconds(&o.silent), "longest_silence": seconds(&o.silentMost),
	}
}

// follow tells each second how it goes.
func (o *observations) follow(begun time.Time) {
	before := map[string]any{}
	for range time.Tick(time.Second) {
		if !o.on.Load() {
			return
		}
		now := o.report(1)
		line := map[string]any{"second": int(time.Since(begun).Seconds())}
		for name := range maps.Keys(now) {
			if value, ok := now[name].(float64); ok {
				old, _ := before[name].(float64)
				line[name] = value - old
			}
		}
		before = now
		text, _ := json.Marshal(line)
		fmt.Fprintln(os.Stderr, string(text))
	}
}

type arrival struct {
	packet *rtp.Packet
	at     time.Time
}

// watcher judges one received track as a player would: frames in order, whole, from a keyframe on.
type watcher struct {
	mutex   sync.Mutex
	video   bool
	ask     func()
	asked   time.Time
	last    int64 // extended number of the newest packet in order
	newest  int64
	have    bool
	waiting map[int64]arrival
	broken  bool // a packet is gone for good: only a keyframe helps
	shown   time.Time
}

func receive(connection *webrtc.PeerConnection, track *webrtc.TrackRemote, came *arrivals, started time.Time, once *sync.Once) {
	w := &watcher{video: track.Kind() == webrtc.RTPCodecTypeVideo, waiting: map[int64]arrival{}}
	w.ask = func() {
		_ = connection.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
	}
	if w.video {
		w.ask()
		seen.pictures.Add(1)
	} else {
		seen.sounds.Add(1)
	}
	seen.mutex.Lock()
	seen.tracks[w] = true
	seen.mutex.Unlock()
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		once.Do(func() { seen.first(started) })
		if seen.on.Load() {
			seen.received.Add(1)
			seen.bytes.Add(int64(len(packet.Payload)))
			w.latency(packet, came)
		}
		w.take(packet, time.Now())
	}
}

func (w *watcher) restart() {
	w.mutex.Lock()
	w.shown = time.Now()
	w.mutex.Unlock()
}

// finish counts what is still missing, and a picture or a sound that stands still at the end.
func (w *watcher) finish() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.have {
		seen.lost.Add(w.newest - w.last - int64(len(w.waiting)))
	}
	w.gap(time.Now())
}

// latency notes how long a packet was on its way; apart, that of the first of each frame.
func (w *watcher) latency(packet *rtp.Packet, came *arrivals) {
	payload := packet.Payload
	at := len(payload) - stampBytes
	if at < 0 || string(payload[at:at+4]) != string(stamp) {
		return
	}
	sent := int64(binary.BigEndian.Uint64(payload[at+4:]))
	passed := float64(came.of(packet.SSRC, packet.SequenceNumber)-sent) / 1e6
	seen.mutex.Lock()
	seen.latencies = append(seen.latencies, passed)
	seen.reads = append(seen.reads, float64(time.Now().UnixNano()-sent)/1e6)
	if w.video && payload[0]&0x10 != 0 {
		seen.firsts = append(seen.firsts, passed)
	}
	seen.mutex.Unlock()
}

func (w *watcher) take(packet *rtp.Packet, now time.Time) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if len(packet.Payload) == 0 {
		packet = &rtp.Packet{Header: packet.Header} // padding: it has a number and nothing else
	}
	if !w.have {
		w.have, w.last = true, int64(packet.SequenceNumber)+1<<16-1
		w.newest, w.broken = w.last, w.video
	}
	number := w.newest + int64(int16(packet.SequenceNumber-uint16(w.newest)))
	if _, there := w.waiting[number]; there || number <= w.last {
		return
	}
	w.newest = max(w.newest, number)
	w.waiting[number] = arrival{packet, now}
	if !w.video { // sound does not wait for what is missing
		w.gap(now)
	}
	w.advance(now)
}

// advance plays what is there in order; what is missing is waited for as long as what came after it is patient.
func (w *watcher) advance(now time.Time) {
	for len(w.waiting) > 0 {
		next := w.last + 1
		if _, there := w.waiting[next]; !there {
			for next = range w.waiting { // any: then the first
				break
			}
			for number := range w.waiting {
				next = min(next, number)
			}
			if now.Sub(w.waiting[next].at) < patience {
				break
			}
			w.broken = w.video
			if seen.on.Load() {
				seen.lost.Add(next - w.last - 1)
			}
		}
		w.play(w.waiting[next].packet, now)
		delete(w.waiting, next)
		w.last = next
	}
	if w.broken && now.Sub(w.asked) > pliPause {
		w.asked = now
		w.ask()
	}
}

func (w *watcher) play(packet *rtp.Packet, now time.Time) {
	if !w.video || len(packet.Payload) == 0 {
		return
	}
	if w.broken && keyframe(packet.Payload) {
		w.broken = false
	}
	if packet.Marker && !w.broken {
		w.gap(now)
		if seen.on.Load() {
			seen.frames.Add(1)
		}
	}
}

// gap counts the time since what was shown or heard last, if it was too long.
func (w *watcher) gap(now time.Time) {
	limit, total, most := silentOver, &seen.silent, &seen.silentMost
	if w.video {
		limit, total, most = frozenOver, &seen.frozen, &seen.frozenMost
	}
	if passed := now.Sub(w.shown); !w.shown.IsZero() && passed > limit {
		total.Add(int64(passed))
		for old := most.Load(); int64(passed) > old && !most.CompareAndSwap(old, int64(passed)); old = most.Load() {
		}
	}
	w.shown = now
}

// keyframe tells whether a VP8 payload begins a frame that needs no other (RFC 7741 4.2).
func keyframe(payload []byte) bool {
	at := 1
	if payload[0]&0x17 != 0x10 || len(payload) < 6 {
		return false
	}
	if payload[0]&0x80 != 0 {
		flags := payload[1]
		at = 2
		if flags&0x80 != 0 {
			if payload[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if flags&0x40 != 0 {
			at++
		}
		if flags&0x30 != 0 {
			at++
		}
	}
	return at < len(payload) && payload[at]&1 == 0
}
