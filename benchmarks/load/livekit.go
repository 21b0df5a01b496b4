package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

const (
	joinPatience = 15 * time.Second
	resumePause  = 300 * time.Millisecond
)

// member is one client of protocol /rtc: a connection on which it offers, one on which the server does.
type member struct {
	socket              *websocket.Conn
	writing             sync.Mutex
	publisher, receiver *webrtc.PeerConnection
	streams             *streams
	api                 *webrtc.API
	came                *arrivals
	channel             *webrtc.DataChannel // for messages, if any are sent
	acknowledged        int
	early               map[*webrtc.PeerConnection][]webrtc.ICECandidateInit
	up                  chan struct{}
	failed              chan error
	gone                chan struct{}
	room, identity      string
	sid                 string // ours, once we are in: who loses the socket comes back with it
}

func joinLiveKit(room int, identity string, streams *streams, subscribe bool) error {
	started := time.Now()
	m := newMember(streams)
	if err := m.dial(fmt.Sprintf("%s-%d", *roomName, room), identity, subscribe); err != nil {
		return err
	}
	var once sync.Once
	m.receiver.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		receive(m.receiver, track, m.came, started, &once)
	})
	return m.enter()
}

func newMember(streams *streams) *member {
	api, came := newAPI()
	return &member{
		streams: streams, api: api, came: came, up: make(chan struct{}, 4), failed: make(chan error, 8), gone: make(chan struct{}),
		early: map[*webrtc.PeerConnection][]webrtc.ICECandidateInit{},
	}
}

// dial opens the socket and makes the connections; nothing is read yet.
func (m *member) dial(room, identity string, subscribe bool) error {
	m.room, m.identity = room, identity
	var err error
	if m.socket, err = m.knock(url.Values{"auto_subscribe": {map[bool]string{true: "1", false: "0"}[subscribe]}}); err != nil {
		return err
	}
	if m.publisher, err = m.connection(livekit.SignalTarget_PUBLISHER, m.streams != nil); err != nil {
		return err
	}
	m.receiver, err = m.connection(livekit.SignalTarget_SUBSCRIBER, m.streams == nil)
	return err
}

// knock opens a socket with a fresh token.
func (m *member) knock(query url.Values) (*websocket.Conn, error) {
	grant := &auth.VideoGrant{RoomJoin: true, Room: m.room}
	token, err := auth.NewAccessToken(*key, *secret).SetIdentity(m.identity).SetVideoGrant(grant).SetValidFor(time.Hour).ToJWT()
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"access_token": token, "protocol": "15", "sdk": "go", "version": "2.0.0"} {
		query.Set(name, value)
	}
	socket, _, err := websocket.DefaultDialer.Dial(*address+"/rtc?"+query.Encode(), nil)
	return socket, err
}

// resume comes back after the socket was lost; the server then offers anew what is received.
func (m *member) resume() bool {
	for end := time.Now().Add(joinPatience); m.sid != "" && time.Now().Before(end); time.Sleep(resumePause) {
		socket, err := m.knock(url.Values{"reconnect": {"1"}, "sid": {m.sid}, "auto_subscribe": {"1"}})
		if err == nil {
			m.writing.Lock()
			_ = m.socket.Close()
			m.socket = socket
			m.writing.Unlock()
			return true
		}
	}
	return false
}

// enter answers the server until the connection that counts is up.
func (m *member) enter() error {
	go m.read()
	select {
	case <-m.up:
		return nil
	case err := <-m.failed:
		return err
	case <-time.After(joinPatience):
		return errors.New("not connected in time")
	}
}

func (m *member) connection(target livekit.SignalTarget, counts bool) (*webrtc.PeerConnection, error) {
	connection, err := m.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate != nil {
			text, _ := json.Marshal(candidate.ToJSON())
			m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
				Trickle: &livekit.TrickleRequest{CandidateInit: string(text), Target: target}}})
		}
	})
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed { // as LiveKit's SDK: a new socket, and the server begins ICE anew
			_ = m.socket.SetReadDeadline(time.Now())
		}
		if counts && state == webrtc.PeerConnectionStateConnected {
			select {
			case m.up <- struct{}{}:
			default: // connected again, after a cut
			}
		}
	})
	return connection, nil
}

func (m *member) send(request *livekit.SignalRequest) {
	frame, _ := proto.Marshal(request)
	m.writing.Lock()
	defer m.writing.Unlock()
	_ = m.socket.WriteMessage(websocket.BinaryMessage, frame)
}

func (m *member) read() {
	defer close(m.gone)
	for {
		_, frame, err := m.socket.ReadMessage()
		if err == nil {
			var response livekit.SignalResponse
			if err = proto.Unmarshal(frame, &response); err == nil {
				err = m.handle(&response)
			}
		}
		var lost net.Error
		if errors.As(err, &lost) && !errors.Is(err, net.ErrClosed) && m.resume() {
			continue
		}
		if err != nil {
			m.failed <- err
			return
		}
	}
}

func (m *member) handle(response *livekit.SignalResponse) error {
	switch message := response.Message.(type) {
	case *livekit.SignalResponse_Join:
		m.sid = message.Join.Participant.Sid
		go m.ping()
		if m.streams != nil {
			return m.announce()
		}
	case *livekit.SignalResponse_TrackPublished:
		if m.acknowledged++; m.acknowledged == 2 {
			return m.offer()
		}
	case *livekit.SignalResponse_Answer:
		answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: message.Answer.Sdp}
		if err := m.publisher.SetRemoteDescription(answer); err != nil {
			return err
		}
		m.takeEarly(m.publisher)
	case *livekit.SignalResponse_Offer:
		return m.answer(message.Offer)
	case *livekit.SignalResponse_Trickle:
		var candidate webrtc.ICECandidateInit
		if json.Unmarshal([]byte(message.Trickle.CandidateInit), &candidate) == nil {
			connection := m.publisher
			if message.Trickle.Target == livekit.SignalTarget_SUBSCRIBER {
				connection = m.receiver
			}
			m.early[connection] = append(m.early[connection], candidate)
			m.takeEarly(connection)
		}
	case *livekit.SignalResponse_Leave:
		return errors.New("the server says leave: " + message.Leave.Reason.String())
	}
	return nil
}

// takeEarly adds the candidates that came; those before the description wait for it.
func (m *member) takeEarly(connection *webrtc.PeerConnection) {
	if connection.RemoteDescription() == nil {
		return
	}
	for _, candidate := range m.early[connection] {
		_ = connection.AddICECandidate(candidate)
	}
	delete(m.early, connection)
}

func (m *member) ping() {
	ticks := time.NewTicker(5 * time.Second)
	defer ticks.Stop()
	for {
		select {
		case <-m.gone:
			return
		case <-ticks.C:
		}
		now := time.Now().UnixMilli()
		m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: now}})
		m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_PingReq{PingReq: &livekit.Ping{Timestamp: now}}})
	}
}

func (m *member) announce() error {
	if err := m.streams.add(m.publisher); err != nil {
		return err
	}
	video := m.streams.video[0].track
	add := &livekit.AddTrackRequest{Cid: video.ID(), Name: "v", Type: livekit.TrackType_VIDEO, Source: livekit.TrackSource_CAMERA,
		Width: 1280, Height: 720, SimulcastCodecs: []*livekit.SimulcastCodec{{Codec: "vp8", Cid: video.ID()}}}
	if *simulcast {
		for quality, part := range []uint32{4, 2, 1} {
			rate := []int{*kbps / 8, *kbps / 3, *kbps}[quality] * 1000
			add.Layers = append(add.Layers, &livekit.VideoLayer{Quality: livekit.VideoQuality(quality), Width: 1280 / part, Height: 720 / part, Bitrate: uint32(rate)})
		}
		add.SimulcastCodecs[0].Layers = add.Layers
	}
	m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: add}})
	m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: m.streams.audio.ID(), Name: "a", Type: livekit.TrackType_AUDIO, Source: livekit.TrackSource_MICROPHONE, DisableRed: true}}})
	return nil
}

func (m *member) offer() error {
	offer, err := m.publisher.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := m.publisher.SetLocalDescription(offer); err != nil {
		return err
	}
	m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{Offer: &livekit.SessionDescription{Type: "offer", Sdp: offer.SDP, Id: 1}}})
	return nil
}

func (m *member) answer(offer *livekit.SessionDescription) error {
	if err := m.receiver.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.Sdp}); err != nil {
		return err
	}
	m.takeEarly(m.receiver)
	answer, err := m.receiver.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := m.receiver.SetLocalDescription(answer); err != nil {
		return err
	}
	m.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Answer{Answer: &livekit.SessionDescription{Type: "answer", Sdp: answer.SDP, Id: offer.Id}}})
	return nil
}
