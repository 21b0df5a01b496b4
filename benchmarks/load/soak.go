package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

const (
	perRoom      = 4
	sideBySide   = 8 // joins at once
	stay         = time.Second
	messages     = 20
	messageBytes = 1000
	settled      = 3 * time.Second  // rooms close one second after the last has left
	forgotten    = 20 * time.Second // who is cut off may come back for a while
)

// counts are what the people of a round did and got.
type counts struct {
	joined, failed, packets, messages atomic.Int64
}

// soak lets people come and go and tells how much memory the server has after each round.
func soak() {
	crowd("warm", 2*perRoom, false).leave()
	time.Sleep(forgotten)
	waiting("idle_before")
	for round := range *rounds {
		begun, got := time.Now(), crowd(fmt.Sprintf("round-%d", round), *everybody, true)
		got.meet()
		got.leave()
		time.Sleep(settled)
		tell(map[string]any{
			"phase": "round", "joined": got.joined.Load(), "failed": got.failed.Load(), "packets": got.packets.Load(),
			"messages": got.messages.Load(), "seconds": time.Since(begun).Seconds(), "rss": resident(*pid),
		})
	}
	time.Sleep(forgotten)
	tell(map[string]any{"phase": "end", "rss": resident(*pid)})
	waiting("idle_after")
}

// waiting measures people who are connected and neither send nor receive media.
func waiting(phase string) {
	before := resident(*pid)
	there := crowd(phase, *idle, false)
	time.Sleep(settled)
	tell(map[string]any{"phase": phase, "joined": there.joined.Load(), "failed": there.failed.Load(),
		"rss_before": before, "rss": resident(*pid)})
	there.leave()
	time.Sleep(forgotten)
}

func tell(line map[string]any) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

// people are those who came in one round.
type people struct {
	counts
	all []*member
}

// crowd lets people into rooms of four; of each two one publishes, if somebody shall.
func crowd(name string, size int, publishing bool) *people {
	p := &people{all: make([]*member, size)}
	var waiting sync.WaitGroup
	places := make(chan int)
	for range sideBySide {
		waiting.Go(func() {
			for place := range places {
				p.arrive(place, fmt.Sprintf("%s-%s-%d", *roomName, name, place/perRoom), publishing && place%2 == 0)
			}
		})
	}
	for place := range size {
		places <- place
	}
	close(places)
	waiting.Wait()
	return p
}

func (p *people) arrive(place int, room string, publishes bool) {
	var streams *streams
	if publishes {
		streams = newStreams(strconv.Itoa(place))
	}
	m := newMember(streams)
	err := m.dial(room, fmt.Sprintf("person-%d", place), true)
	if err == nil {
		m.receiver.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
			for {
				if _, _, err := track.ReadRTP(); err != nil {
					return
				}
				p.packets.Add(1)
			}
		})
		m.receiver.OnDataChannel(func(channel *webrtc.DataChannel) {
			channel.OnMessage(func(webrtc.DataChannelMessage) { p.messages.Add(1) })
		})
		if publishes {
			m.channel, err = m.publisher.CreateDataChannel("_reliable", nil)
		}
	}
	if err == nil {
		err = m.enter()
	}
	if err != nil {
		p.failed.Add(1)
		fmt.Fprintln(os.Stderr, room, place, err)
		return
	}
	p.joined.Add(1)
	p.all[place] = m
}

// meet lets those who publish send pictures, sound and messages.
func (p *people) meet() {
	var waiting sync.WaitGroup
	for _, m := range p.all {
		if m == nil || m.streams == nil {
			continue
		}
		waiting.Go(func() {
			until := time.Now().Add(stay)
			m.chat()
			m.streams.sendUntil(until)
		})
	}
	waiting.Wait()
}

func (m *member) chat() {
	open := make(chan struct{})
	m.channel.OnOpen(func() { close(open) })
	select {
	case <-open:
	case <-time.After(joinPatience):
		return
	}
	packet, _ := proto.Marshal(&livekit.DataPacket{Value: &livekit.DataPacket_User{User: &livekit.UserPacket{Payload: make([]byte, messageBytes)}}})
	for range messages {
		_ = m.channel.Send(packet)
	}
}

// leave lets everybody go: most say so, one of four hangs up without a word.
func (p *people) leave() {
	for place, m := range p.all {
		if m == nil {
			continue
		}
		if place%perRoom != 3 {
			m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{Reason: livekit.DisconnectReason_CLIENT_INITIATED}}})
		}
		_ = m.publisher.Close()
		_ = m.receiver.Close()
		_ = m.socket.Close()
	}
}

// resident returns the bytes of memory that a process and its descendants have; what several share counts once (PSS):
// forked workers begin with pages of their parent's, which a sum of RSS counts for each, and never more when they write.
func resident(root int) int {
	parent := map[int]int{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		fields := strings.Fields(string(text)[strings.LastIndexByte(string(text), ')')+2:])
		number, _ := strconv.Atoi(strings.Split(path, "/")[2])
		parent[number], _ = strconv.Atoi(fields[1])
	}
	total := 0
	for number := range parent {
		for each := number; each > 1; each = parent[each] {
			if each == root {
				total += proportional(number)
				break
			}
		}
	}
	return total
}

// proportional returns the PSS of a process in bytes, as proc(5) tells it.
func proportional(number int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", number))
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "Pss:"); found {
			size, _ := strconv.Atoi(strings.Fields(rest)[0])
			return size << 10
		}
	}
	return 0 // it ended meanwhile
}
