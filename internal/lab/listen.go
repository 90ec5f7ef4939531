package lab

import (
	"net"
	"sync"
)

// crowd holds open connections, so that closing the lab ends them.
type crowd struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// add reports whether c was taken; after close it is closed instead.
func (g *crowd) add(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		c.Close()
		return false
	}
	if g.conns == nil {
		g.conns = map[net.Conn]struct{}{}
	}
	g.conns[c] = struct{}{}
	return true
}

func (g *crowd) drop(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

func (g *crowd) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for c := range g.conns {
		c.Close()
	}
	g.conns = nil
}

// hold accepts connections and never speaks: it resets them at once or keeps them silently until Close.
func (l *Lab) hold(ln net.Listener) {
	held := &crowd{}
	l.stop = append(l.stop, func() { ln.Close() }, held.close)
	l.serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			if l.b.wire.listen == listenReset {
				c.(*net.TCPConn).SetLinger(0) // close then sends RST
				c.Close()
				continue
			}
			held.add(c)
		}
	})
}

// split makes two listeners of one: connections that begin with a TLS handshake record, and all others.
func (l *Lab) split(ln net.Listener) (secure, cleartext net.Listener) {
	s := &handoff{addr: ln.Addr(), conns: make(chan net.Conn), done: make(chan struct{})}
	c := &handoff{addr: ln.Addr(), conns: make(chan net.Conn), done: make(chan struct{})}
	waiting := &crowd{}
	l.stop = append(l.stop, func() { ln.Close() }, waiting.close)
	l.serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if !waiting.add(conn) {
				return
			}
			l.serving.Go(func() {
				first := make([]byte, 1)
				_, err := conn.Read(first)
				waiting.drop(conn)
				if err != nil {
					conn.Close()
					return
				}
				to := c
				if first[0] == 0x16 { // content type "handshake", RFC 8446 section 5.1
					to = s
				}
				to.pass(&peeked{Conn: conn, first: first})
			})
		}
	})
	return s, c
}

// handoff is a listener that gets its connections from elsewhere.
type handoff struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (h *handoff) pass(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done:
		c.Close()
	}
}

// Accept waits for the next connection.
func (h *handoff) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (h *handoff) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// Addr is the address of the port behind both listeners.
func (h *handoff) Addr() net.Addr { return h.addr }

// peeked is a connection whose first byte was read already.
type peeked struct {
	net.Conn
	first []byte
}

// Read gives the first byte back before anything else.
func (p *peeked) Read(b []byte) (int, error) {
	if len(p.first) > 0 && len(b) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}
