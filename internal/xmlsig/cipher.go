package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
)

// Block encryption (XML Encryption 1.1 §5.2).
const (
	TripleDESCBC = Enc + "tripledes-cbc"
	AES128CBC    = Enc + "aes128-cbc"
	AES192CBC    = Enc + "aes192-cbc"
	AES256CBC    = Enc + "aes256-cbc"
	AES128GCM    = Enc11 + "aes128-gcm"
	AES192GCM    = Enc11 + "aes192-gcm"
	AES256GCM    = Enc11 + "aes256-gcm"
)

// Key transport (XML Encryption 1.1 §5.5).
const (
	RSA15     = Enc + "rsa-1_5"
	OAEPMGF1P = Enc + "rsa-oaep-mgf1p" // the mask is made with SHA-1, whatever the digest
	OAEP      = Enc11 + "rsa-oaep"
)

// block is one block encryption.
type block struct {
	size int // of the key, in bytes
	gcm  bool
	make func([]byte) (cipher.Block, error)
}

var blocks = map[string]block{
	TripleDESCBC: {24, false, des.NewTripleDESCipher},
	AES128CBC:    {16, false, aes.NewCipher}, AES192CBC: {24, false, aes.NewCipher}, AES256CBC: {32, false, aes.NewCipher},
	AES128GCM: {16, true, aes.NewCipher}, AES192GCM: {24, true, aes.NewCipher}, AES256GCM: {32, true, aes.NewCipher},
}

// masks are the hashes of mask generation (XML Encryption 1.1 §5.5.2).
var masks = map[string]crypto.Hash{
	Enc11 + "mgf1sha1": crypto.SHA1, Enc11 + "mgf1sha224": crypto.SHA224, Enc11 + "mgf1sha256": crypto.SHA256,
	Enc11 + "mgf1sha384": crypto.SHA384, Enc11 + "mgf1sha512": crypto.SHA512,
}

// encrypt puts the initialisation vector before the cipher text.
func (b block) encrypt(key, text []byte) ([]byte, error) {
	c, err := b.make(key)
	if err != nil {
		return nil, err
	}
	if b.gcm {
		g, err := cipher.NewGCM(c)
		if err != nil {
			return nil, err
		}
		iv := random(g.NonceSize())
		return g.Seal(iv, iv, text, nil), nil
	}
	n := c.BlockSize() - len(text)%c.BlockSize()
	padded := append(bytes.Clone(text), make([]byte, n)...)
	padded[len(padded)-1] = byte(n)
	out := append(random(c.BlockSize()), make([]byte, len(padded))...)
	cipher.NewCBCEncrypter(c, out[:c.BlockSize()]).CryptBlocks(out[c.BlockSize():], padded)
	return out, nil
}

// decrypt undoes encrypt. CBC proves nothing: a wrong key or changed text shows in the padding most of the time only.
func (b block) decrypt(key, data []byte) ([]byte, error) {
	if len(key) != b.size {
		return nil, fmt.Errorf("the key has %d bits where the algorithm takes %d", 8*len(key), 8*b.size)
	}
	c, err := b.make(key)
	if err != nil {
		return nil, err
	}
	if b.gcm {
		g, err := cipher.NewGCM(c)
		if err != nil {
			return nil, err
		}
		if len(data) < g.NonceSize() {
			return nil, errors.New("the cipher text is cut off")
		}
		text, err := g.Open(nil, data[:g.NonceSize()], data[g.NonceSize():], nil)
		if err != nil {
			return nil, errors.New("the tag of GCM differs: the cipher text was changed")
		}
		return text, nil
	}
	n := c.BlockSize()
	if len(data) < 2*n || len(data)%n != 0 {
		return nil, fmt.Errorf("the cipher text has %d bytes, no whole number of blocks", len(data))
	}
	text := make([]byte, len(data)-n)
	cipher.NewCBCDecrypter(c, data[:n]).CryptBlocks(text, data[n:])
	pad := int(text[len(text)-1])
	if pad < 1 || pad > n {
		return nil, errors.New("the padding is none: the cipher text was changed")
	}
	return text[:len(text)-pad], nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}

// transport is a key transport with its parameters.
type transport struct {
	algorithm    string
	digest, mask crypto.Hash // of OAEP
	label        []byte
}

func (t transport) wrap(to *rsa.PublicKey, key []byte) ([]byte, error) {
	if t.algorithm == RSA15 {
		return rsa.EncryptPKCS1v15(rand.Reader, to, key)
	}
	return rsa.EncryptOAEPWithOptions(rand.Reader, to, key, &rsa.OAEPOptions{Hash: t.digest, MGFHash: t.mask, Label: t.label})
}

func (t transport) unwrap(k *rsa.PrivateKey, wrapped []byte) ([]byte, error) {
	if t.algorithm == RSA15 {
		return rsa.DecryptPKCS1v15(nil, k, wrapped)
	}
	return k.Decrypt(nil, wrapped, &rsa.OAEPOptions{Hash: t.digest, MGFHash: t.mask, Label: t.label})
}
