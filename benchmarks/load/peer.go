package main

import (
	"encoding/binary"
	"log"
	"math/rand"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

const (
	frameRate   = 30
	packetBytes = 1200
	audioBytes  = 80
	midURI      = sdp.SDESMidURI
	ridURI      = sdp.SDESRTPStreamIDURI
)

// stamp stands before its send time at the end of each packet.
var stamp = []byte{0xC5, 0x5A, 0xA7, 0x3C}

const stampBytes = 4 + 8

func stampTime(payload []byte) {
	at := len(payload) - stampBytes
	if at > 16 { // behind what a frame begins with
		copy(payload[at:], stamp)
		binary.BigEndian.PutUint64(payload[at+4:], uint64(time.Now().UnixNano()))
	}
}

// newAPI returns what makes one client's connections, and when their packets came.
func newAPI() (*webrtc.API, *arrivals) {
	came := &arrivals{}
	timed, err := newTimedNet(came)
	if err != nil {
		log.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetNet(timed)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetIncludeLoopbackCandidate(*device == "lo")
	settings.SetInterfaceFilter(func(name string) bool { return name == *device })
	_ = settings.SetAnsweringDTLSRole(webrtc.DTLSRoleClient)
	settings.SetICETimeouts(10*time.Second, 5*time.Second, 2*time.Second) // those of LiveKit's SDK
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		log.Fatal(err)
	}
	registry := &interceptor.Registry{}
	for _, failed := range []error{ // pion's own, but for the statistics: nobody reads them here
		webrtc.ConfigureNack(media, registry), webrtc.ConfigureRTCPReports(registry),
		webrtc.ConfigureSimulcastExtensionHeaders(media), webrtc.ConfigureTWCCSender(media, registry),
	} {
		if failed != nil {
			log.Fatal(failed)
		}
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)), came
}

// layer is one stream of a publisher's picture.
type layer struct {
	track      *webrtc.TrackLocalStaticRTP
	packetizer rtp.Packetizer
	frame      []byte
}

// streams are what a publisher sends: a picture in one layer or three, and sound.
type streams struct {
	video       []*layer
	audio       *webrtc.TrackLocalStaticRTP
	transceiver *webrtc.RTPTransceiver
	ready       atomic.Bool
}

func newStreams(name string) *streams {
	s := &streams{}
	rates := map[string]int{"": *kbps}
	order := []string{""}
	if *simulcast {
		rates, order = map[string]int{"q": *kbps / 8, "h": *kbps / 3, "f": *kbps}, []string{"q", "h", "f"}
	}
	vp8 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	for _, rid := range order {
		track, err := webrtc.NewTrackLocalStaticRTP(vp8, "v"+name, "s"+name, webrtc.WithRTPStreamID(rid))
		if err != nil {
			log.Fatal(err)
		}
		s.video = append(s.video, &layer{
			track: track, frame: make([]byte, rates[rid]*1000/8/frameRate),
			packetizer: rtp.NewPacketizer(packetBytes, 0, 0, &codecs.VP8Payloader{EnablePictureID: true}, rtp.NewRandomSequencer(), 90000),
		})
	}
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	s.audio, _ = webrtc.NewTrackLocalStaticRTP(opus, "a"+name, "s"+name)
	return s
}

// add gives the streams to a connection; the layers of a picture share one section.
func (s *streams) add(connection *webrtc.PeerConnection) error {
	sender, err := connection.AddTrack(s.video[0].track)
	if err != nil {
		return err
	}
	for _, each := range s.video[1:] {
		if err := sender.AddEncoding(each.track); err != nil {
			return err
		}
	}
	for _, transceiver := range connection.GetTransceivers() {
		if transceiver.Sender() == sender {
			s.transceiver = transceiver
		}
	}
	_, err = connection.AddTrack(s.audio)
	return err
}

// send sends until the process ends.
func (s *streams) send() {
	s.sendUntil(time.Now().Add(365 * 24 * time.Hour))
}

// sendUntil sends picture and sound until a time.
func (s *streams) sendUntil(end time.Time) {
	go s.speak(end)
	time.Sleep(time.Duration(rand.Intn(1000/frameRate)) * time.Millisecond)
	ids := map[string]uint8{}
	for _, each := range s.transceiver.Sender().GetParameters().HeaderExtensions {
		ids[each.URI] = uint8(each.ID)
	}
	number, pause := 0, time.Second/frameRate
	if *sparse {
		pause = time.Second
	}
	for now := range time.Tick(pause) {
		if now.After(end) {
			return
		}
		for _, each := range s.video {
			each.send(*sparse || number%frameRate == 0, ids, s.transceiver.Mid())
		}
		number++
	}
}

func (l *layer) send(keyframe bool, ids map[string]uint8, mid string) {
	copy(l.frame, []byte{0x11, 0x02, 0x00, 0, 0, 0, 0, 0, 0, 0})
	if keyframe {
		copy(l.frame, []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
	}
	for _, packet := range l.packetizer.Packetize(l.frame, 90000/frameRate) {
		if rid := l.track.RID(); rid != "" {
			_ = packet.SetExtension(ids[midURI], []byte(mid))
			_ = packet.SetExtension(ids[ridURI], []byte(rid))
		}
		stampTime(packet.Payload)
		_ = l.track.WriteRTP(packet)
		seen.sent.Add(1)
	}
}

func (s *streams) speak(end time.Time) {
	packet := &rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, audioBytes)}
	pause := 20 * time.Millisecond
	if *sparse {
		pause = time.Second
	}
	for now := range time.Tick(pause) {
		if now.After(end) {
			return
		}
		packet.SequenceNumber++
		packet.Timestamp += 960
		stampTime(packet.Payload)
		_ = s.audio.WriteRTP(packet)
		seen.sent.Add(1)
	}
}
