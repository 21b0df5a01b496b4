// Somebody with LiveKit's Go SDK, on pion: `pion URL TOKEN single|two FILE...`. Publishes files (.ivf, .h264, .ogg; several with
// commas between are the layers of one picture, the smallest first), counts the packets that come, and says so in lines of JSON;
// answers "say X" with X; ends with its standard input.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
)

type found struct {
	sync.Mutex
	State    string            `json:"state"`
	Pictures map[string]int    `json:"pictures"`
	Sounds   map[string]int    `json:"sounds"`
	Codecs   map[string]string `json:"codecs"`
	Packets  [][2]string       `json:"packets"`
}

var here = found{State: "connecting", Pictures: map[string]int{}, Sounds: map[string]int{}, Codecs: map[string]string{}, Packets: [][2]string{}}

func count(track *webrtc.TrackRemote, who string) {
	for {
		if _, _, err := track.ReadRTP(); err != nil {
			return
		}
		here.Lock()
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			here.Pictures[who]++
			here.Codecs[who] = track.Codec().MimeType
		} else {
			here.Sounds[who]++
		}
		here.Unlock()
	}
}

func layers(room *lksdk.Room, names []string) error {
	var tracks []*lksdk.LocalTrack
	for step, name := range names {
		half := len(names) - 1 - step
		layer := &livekit.VideoLayer{Quality: livekit.VideoQuality(2 - half), Width: uint32(320 >> half), Height: uint32(240 >> half), Bitrate: 300_000}
		track, err := lksdk.NewLocalFileTrack(name, lksdk.ReaderTrackWithSampleOptions(lksdk.WithSimulcast("picture", layer)))
		if err != nil {
			return err
		}
		tracks = append(tracks, track)
	}
	_, err := room.LocalParticipant.PublishSimulcastTrack(tracks, &lksdk.TrackPublicationOptions{Name: "picture", Source: livekit.TrackSource_CAMERA})
	return err
}

func publish(room *lksdk.Room, name string) error {
	if names := strings.Split(name, ","); len(names) > 1 {
		return layers(room, names)
	}
	track, err := lksdk.NewLocalFileTrack(name)
	if err != nil {
		return err
	}
	source := livekit.TrackSource_CAMERA
	if strings.HasSuffix(name, ".ogg") {
		source = livekit.TrackSource_MICROPHONE
	}
	_, err = room.LocalParticipant.PublishTrack(track, &lksdk.TrackPublicationOptions{Name: name, Source: source, VideoWidth: 320, VideoHeight: 240})
	return err
}

func run(url, token string, single bool, files []string) error {
	var room *lksdk.Room
	joined := make(chan struct{})
	callback := lksdk.NewRoomCallback()
	callback.OnDisconnected = func() {
		here.Lock()
		here.State = "disconnected"
		here.Unlock()
	}
	callback.OnTrackSubscribed = func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, who *lksdk.RemoteParticipant) {
		go count(track, who.Identity())
	}
	callback.OnDataPacket = func(packet lksdk.DataPacket, from lksdk.DataReceiveParams) {
		user, ok := packet.(*lksdk.UserDataPacket)
		if !ok {
			return
		}
		text := string(user.Payload)
		here.Lock()
		here.Packets = append(here.Packets, [2]string{text, from.SenderIdentity})
		here.Unlock()
		if rest, asked := strings.CutPrefix(text, "say "); asked {
			<-joined
			answer := lksdk.UserData([]byte(rest))
			_ = room.LocalParticipant.PublishDataPacket(answer, lksdk.WithDataPublishReliable(true), lksdk.WithDataPublishDestination([]string{from.SenderIdentity}))
		}
	}
	options := []lksdk.ConnectOption{lksdk.WithDisableRegionDiscovery()}
	if single {
		options = append(options, lksdk.WithSinglePeerConnection())
	}
	var err error
	if room, err = lksdk.ConnectToRoomWithToken(url, token, callback, options...); err != nil {
		return err
	}
	close(joined)
	here.Lock()
	here.State = "connected"
	here.Unlock()
	for _, each := range files {
		if err := publish(room, each); err != nil {
			return err
		}
	}
	go func() {
		for range time.Tick(200 * time.Millisecond) {
			here.Lock()
			line, _ := json.Marshal(&here)
			here.Unlock()
			fmt.Println(string(line))
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	room.Disconnect()
	return err
}

func main() {
	logger.InitFromConfig(&logger.Config{Level: "error"}, "pion")
	if err := run(os.Args[1], os.Args[2], os.Args[3] == "single", os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
