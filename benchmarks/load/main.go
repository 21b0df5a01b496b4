// load puts a WebRTC load on a LiveKit-protocol server or on Janus and prints one JSON object a step.
//
// Every client is a real peer connection (pion): ICE, DTLS, SRTP, NACK, receiver reports, transport-cc. Publishers send
// synthetic VP8 and Opus packets, subscribers decrypt and judge them without decoding. Each frame carries its send time,
// so added latency is measured by one clock: until the kernel has got the packet, and until it was read here. The server's CPU time is read from /proc.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

var (
	kind      = flag.String("kind", "livekit", "livekit or janus")
	address   = flag.String("url", "ws://127.0.0.1:7880", "signalling address")
	key       = flag.String("key", "devkey", "API key")
	secret    = flag.String("secret", "", "API secret")
	rooms     = flag.Int("rooms", 1, "rooms")
	pubs      = flag.Int("pubs", 1, "publishers a room")
	subs      = flag.String("subs", "10", "subscribers a room; several, growing, comma separated: a step each")
	mesh      = flag.Bool("mesh", false, "publishers subscribe to each other")
	kbps      = flag.Int("kbps", 1500, "video bit rate of a publisher")
	simulcast = flag.Bool("simulcast", false, "three layers: an eighth, a third and all of the bit rate")
	seconds   = flag.Float64("seconds", 12, "measured time of a step")
	warm      = flag.Float64("warm", 4, "seconds between the last join and the measurement")
	pid       = flag.Int("pid", 0, "the server's process; its children count too")
	pause     = flag.Duration("pause", 30*time.Millisecond, "between joins")
	device    = flag.String("device", "lo", "network device of the clients")
	worst     = flag.Float64("worst", 0, "stop after the step whose p99 latency (ms) is above this; 0: never")
	roomName  = flag.String("room", "", "name of the rooms, before their number; empty: one of this process")
	rounds    = flag.Int("rounds", 0, "rounds of joins and leaves instead of a load: memory is measured (LiveKit protocol only)")
	everybody = flag.Int("everybody", 40, "people of a round")
	idle      = flag.Int("idle", 80, "idle participants whose memory is measured, before the rounds and after them")
	sparse    = flag.Bool("sparse", false, "publishers send one frame and one packet of sound a second: joins cost next to nothing else")
	verdicts  = flag.Bool("verdicts", false, "report frozen video and gaps of sound of each second on standard error")
)

// ownMemory is what this program may fill before it collects garbage: its pauses would be measured as the server's.
const ownMemory = 2 << 30

func main() {
	flag.Parse()
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(ownMemory)
	log.SetFlags(0)
	if *roomName == "" {
		*roomName = fmt.Sprintf("load-%d", os.Getpid())
	}
	var steps []int
	for text := range strings.SplitSeq(*subs, ",") {
		count, err := strconv.Atoi(text)
		if err != nil {
			log.Fatal("subs: ", err)
		}
		steps = append(steps, count)
	}
	if *rounds > 0 {
		soak()
		os.Exit(0)
	}
	joinedBefore := cpu(*pid)
	clients := startPublishers()
	have := 0
	for _, count := range steps {
		for ; have < count; have++ {
			for room := range *rooms {
				join(room, fmt.Sprintf("sub-%d-%d", room, have), nil, true)
				clients++
			}
		}
		joinCPU := (cpu(*pid) - joinedBefore) * 1e3 / float64(clients)
		result := measure(clients)
		if *verdicts {
			joinCPU = 0
		}
		result["join_cpu_ms"] = joinCPU
		line, _ := json.Marshal(result)
		fmt.Println(string(line))
		latency := result["latency_ms"].(map[string]float64)
		if *worst > 0 && (latency["p99"] > *worst || result["lost"].(int64) > 0) {
			break
		}
	}
	os.Exit(0)
}

func startPublishers() int {
	started := 0
	for room := range *rooms {
		for number := range *pubs {
			join(room, fmt.Sprintf("pub-%d-%d", room, number), newStreams(fmt.Sprintf("%d-%d", room, number)), *mesh)
			started++
		}
	}
	return started
}

func join(room int, identity string, streams *streams, subscribe bool) {
	enter := joinLiveKit
	if *kind == "janus" {
		enter = joinJanus
	}
	if err := enter(room, identity, streams, subscribe); err != nil {
		log.Fatal(identity, ": ", err)
	}
	if streams != nil {
		go streams.send()
	}
	time.Sleep(*pause)
}

func measure(clients int) map[string]any {
	time.Sleep(time.Duration(*warm * float64(time.Second)))
	serverBefore, ownBefore, begun := cpu(*pid), cpu(os.Getpid()), time.Now()
	seen.begin()
	if *verdicts {
		go seen.follow(begun)
	}
	time.Sleep(time.Duration(*seconds * float64(time.Second)))
	seen.end()
	wall := time.Since(begun).Seconds()
	server, own := cpu(*pid)-serverBefore, cpu(os.Getpid())-ownBefore
	result := seen.report(wall)
	received := max(seen.received.Load(), 1)
	result["kind"], result["clients"] = *kind, clients
	result["server_cpu_percent"] = server / wall * 100
	result["loader_cpu_percent"] = own / wall * 100
	result["us_per_packet"] = server * 1e6 / float64(received)
	return result
}
