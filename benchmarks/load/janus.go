package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
)

type object = map[string]any

// feeds are the publishers of each room: a subscriber of Janus names whom it wants.
var (
	feedsMutex sync.Mutex
	feeds      = map[int][]int64{}
)

// janus is one WebSocket of Janus's API with one handle of its video room.
type janus struct {
	socket  *websocket.Conn
	mutex   sync.Mutex
	waiting map[string]chan object
	session int64
	handle  int64
	room    int
}

func dialJanus(room int) (*janus, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"janus-protocol"}}
	socket, _, err := dialer.Dial(*address, nil)
	if err != nil {
		return nil, err
	}
	j := &janus{socket: socket, waiting: map[string]chan object{}, room: 100000 + room}
	go j.read()
	created, err := j.ask(object{"janus": "create"}, false)
	if err != nil {
		return nil, err
	}
	j.session = identifier(created["data"])
	go func() {
		for range time.Tick(20 * time.Second) {
			_, _ = j.ask(object{"janus": "keepalive"}, false)
		}
	}()
	attached, err := j.ask(object{"janus": "attach", "plugin": "janus.plugin.videoroom"}, false)
	if err != nil {
		return nil, err
	}
	j.handle = identifier(attached["data"])
	return j, nil
}

func identifier(value any) int64 {
	fields, _ := value.(object)
	number, _ := fields["id"].(json.Number)
	id, _ := number.Int64()
	return id
}

func (j *janus) read() {
	for {
		_, text, err := j.socket.ReadMessage()
		if err != nil {
			return
		}
		var message object
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if decoder.Decode(&message) != nil {
			continue
		}
		transaction, _ := message["transaction"].(string)
		j.mutex.Lock()
		if waiting := j.waiting[transaction]; waiting != nil {
			waiting <- message
		}
		j.mutex.Unlock()
	}
}

// ask sends a request and returns the answer, or the event that follows its acknowledgement.
func (j *janus) ask(message object, event bool) (object, error) {
	transaction := fmt.Sprint(rand.Int63())
	message["transaction"] = transaction
	if j.session != 0 {
		message["session_id"] = j.session
	}
	answers := make(chan object, 4)
	text, _ := json.Marshal(message)
	j.mutex.Lock()
	j.waiting[transaction] = answers
	err := j.socket.WriteMessage(websocket.TextMessage, text)
	j.mutex.Unlock()
	if err != nil {
		return nil, err
	}
	for {
		select {
		case answer := <-answers:
			if answer["janus"] == "error" {
				return nil, fmt.Errorf("janus: %v", answer["error"])
			}
			if !event || answer["janus"] != "ack" {
				return answer, nil
			}
		case <-time.After(joinPatience):
			return nil, errors.New("janus: no answer")
		}
	}
}

// tell sends a message to the video room; returns its data and the description in the answer.
func (j *janus) tell(body object, description *webrtc.SessionDescription) (object, string, error) {
	message := object{"janus": "message", "handle_id": j.handle, "body": body}
	if description != nil {
		message["jsep"] = object{"type": description.Type.String(), "sdp": description.SDP}
	}
	answer, err := j.ask(message, body["request"] != "create")
	if err != nil {
		return nil, "", err
	}
	plugin, _ := answer["plugindata"].(object)
	fields, _ := plugin["data"].(object)
	if fields["error"] != nil {
		return nil, "", fmt.Errorf("janus: %v", fields["error"])
	}
	jsep, _ := answer["jsep"].(object)
	text, _ := jsep["sdp"].(string)
	return fields, text, nil
}

func joinJanus(room int, identity string, streams *streams, _ bool) error {
	started := time.Now()
	j, err := dialJanus(room)
	if err != nil {
		return err
	}
	api, came := newAPI()
	connection, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	up := make(chan struct{}, 1)
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			up <- struct{}{}
		}
	})
	var once sync.Once
	connection.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		receive(connection, track, came, started, &once)
	})
	if streams != nil {
		err = j.publish(room, identity, connection, streams)
	} else {
		err = j.subscribe(room, connection)
	}
	if err != nil {
		return err
	}
	select {
	case <-up:
		return nil
	case <-time.After(joinPatience):
		return errors.New("not connected in time")
	}
}

func described(connection *webrtc.PeerConnection, description webrtc.SessionDescription, err error) (*webrtc.SessionDescription, error) {
	if err != nil {
		return nil, err
	}
	gathered := webrtc.GatheringCompletePromise(connection)
	if err := connection.SetLocalDescription(description); err != nil {
		return nil, err
	}
	<-gathered
	return connection.LocalDescription(), nil
}

func (j *janus) publish(room int, identity string, connection *webrtc.PeerConnection, streams *streams) error {
	_, _, _ = j.tell(object{"request": "create", "room": j.room, "publishers": 200, "bitrate": 0, "videocodec": "vp8"}, nil) // may be there already
	joined, _, err := j.tell(object{"request": "join", "ptype": "publisher", "room": j.room, "display": identity}, nil)
	if err != nil {
		return err
	}
	if err := streams.add(connection); err != nil {
		return err
	}
	created, err := connection.CreateOffer(nil)
	offer, err := described(connection, created, err)
	if err != nil {
		return err
	}
	_, answer, err := j.tell(object{"request": "configure", "audio": true, "video": true, "bitrate": 0}, offer)
	if err != nil {
		return err
	}
	feedsMutex.Lock()
	feeds[room] = append(feeds[room], identifier(joined))
	feedsMutex.Unlock()
	return connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

func (j *janus) subscribe(room int, connection *webrtc.PeerConnection) error {
	wanted := []object{}
	feedsMutex.Lock()
	for _, feed := range feeds[room] {
		wanted = append(wanted, object{"feed": feed})
	}
	feedsMutex.Unlock()
	_, offer, err := j.tell(object{"request": "join", "ptype": "subscriber", "room": j.room, "streams": wanted}, nil)
	if err != nil {
		return err
	}
	if err := connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return err
	}
	created, err := connection.CreateAnswer(nil)
	answer, err := described(connection, created, err)
	if err != nil {
		return err
	}
	_, _, err = j.tell(object{"request": "start"}, answer)
	return err
}
